"""Encode content features as embedding slots; slot 0 of every feature is *unknown*."""

from model.features.encoded_table import UNKNOWN_SLOT, EncodedFeature, EncodedTable
from model.features.encoder import FeatureEncoder
from model.features.number_bins import NumberBins
from model.features.space import FeatureSpace, Slots
from model.features.values import AttributeValue, EncoderDescription, FeatureValue
from model.features.vocabulary import Vocabulary

__all__ = [
    "UNKNOWN_SLOT",
    "AttributeValue",
    "EncodedFeature",
    "EncodedTable",
    "EncoderDescription",
    "FeatureEncoder",
    "FeatureSpace",
    "FeatureValue",
    "NumberBins",
    "Slots",
    "Vocabulary",
]
