"""Encode content features as embedding slots; slot 0 of every feature is *unknown*."""

from model.features.category_encoder import Vocabulary, words
from model.features.encoded_table import UNKNOWN_SLOT, EncodedFeature, EncodedTable
from model.features.number_encoder import NumberBins
from model.features.space import FeatureEncoder, FeatureSpace
from model.features.values import EncoderDescription, FeatureValue

__all__ = [
    "UNKNOWN_SLOT",
    "EncodedFeature",
    "EncodedTable",
    "EncoderDescription",
    "FeatureEncoder",
    "FeatureSpace",
    "FeatureValue",
    "NumberBins",
    "Vocabulary",
    "words",
]
