"""Descriptions of MovieLens' tables: what goes into `dataset.toml`."""

_RATINGS_TOML = """
[ratings]
file = "ratings.csv"
user = "user_id"
item = "item_id"
rating = "rating"
timestamp = "timestamp"
scale = [1, 5]

[users]
file = "users.csv"
id = "user_id"
[users.features]
age = "{age}"
gender = "category"
occupation = "category"
zip_code = "category"

[items]
file = "items.csv"
id = "item_id"
title = "title"
[items.features]
"""
# Without directors and actors, the words of a title are what tells films of one genre apart.
_GENRE_YEAR_TOML = """title = "text"
genre = { kind = "categories", separator = "|" }
year = "number"
"""
TOML_100K = (
    'name = "ml-100k"\nitem_noun = "film"\n' + _RATINGS_TOML.format(age="number") + _GENRE_YEAR_TOML
)
# MovieLens 1M gives age and occupation as codes of groups, not as quantities.
TOML_1M = (
    'name = "ml-1m"\nitem_noun = "film"\n' + _RATINGS_TOML.format(age="category") + _GENRE_YEAR_TOML
)
TOML_1M_PAPER = (
    'name = "ml-1m"\nitem_noun = "film"\n'
    + _RATINGS_TOML.format(age="category")
    + """rated = "category"
genre = { kind = "categories", separator = "|" }
director = { kind = "categories", separator = "|" }
actors = { kind = "categories", separator = "|" }
# The MeLU paper uses the features above and no others.
writer = { kind = "categories", separator = "|", presets = ["default"] }
movielens_genre = { kind = "categories", separator = "|", presets = ["default"] }
title = { kind = "text", presets = ["default"] }
plot = { kind = "text", presets = ["default"] }
year = { kind = "number", presets = ["default"] }
"""
)
