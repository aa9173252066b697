"""Encode content features as embedding slots; slot 0 of every feature is *unknown*."""

from model.features.encoded import UNKNOWN_SLOT, EncodedFeature, EncodedTable
from model.features.number import NumberBins
from model.features.space import FeatureEncoder, FeatureSpace
from model.features.values import EncoderDescription, FeatureValue
from model.features.vocabulary import Vocabulary, words

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
