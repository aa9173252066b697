"""A user's attributes, checked against the model."""

from app.problems import Fault, InvalidAttribute, UnknownAttribute
from app.store import Attributes
from model.errors import AttributeValueError, UnknownFeatureError
from model.recommender import Recommender


def check_attributes(recommender: Recommender, attributes: Attributes) -> list[str]:
    """Check a profile that a body brings.

    Args:
        recommender: Knows the attributes.
        attributes: The whole profile.

    Returns:
        Warnings of values that training never saw.

    Raises:
        UnknownAttribute: If the data set has no such attribute.
        InvalidAttribute: If a value does not fit its attribute's kind.
    """
    try:
        unseen = recommender.check_attributes(attributes)
    except UnknownFeatureError as error:
        fault = Fault(loc=["body", "attributes", error.name], message="unknown attribute")
        raise UnknownAttribute(
            f"There is no user attribute {error.name!r}; there are: "
            f"{', '.join(error.known) or 'none'}.",
            errors=[fault],
        ) from error
    except AttributeValueError as error:
        fault = Fault(loc=["body", "attributes", error.name], message=error.reason)
        raise InvalidAttribute(f"{error}.", errors=[fault]) from error
    return [f"{name}: {recommender.user_space.encoders[name].kind.unseen_note}" for name in unseen]
