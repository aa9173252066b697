"""Presets of which two ranks learn what one does, but for what is drawn at random."""

from model.presets import PRESETS, Preset

STEPS = 12
BATCH = 24

# Small steps: where a gradient is 0 but for rounding, Adam makes whole steps of it.
_SMALL_STEPS: dict[str, object] = {"learning_rate": 2e-4}
OBJECTIVES: dict[str, dict[str, object]] = {
    "estimator": {"members": 1},
    "training": {"epochs": 2, "global_updates": STEPS, "batch_users": 2 * BATCH},
    "relevance": {
        "least_updates": STEPS,
        "most_updates": STEPS,
        "least_answer_updates": 4,
        "most_answer_updates": 4,
        "batch_users": 2 * BATCH,
    },
}
_MELU: dict[str, dict[str, object]] = {"training": {"epochs": 2, "batch_users": 2 * BATCH}}
# What is drawn to be unknown moves the source of one process, but not that of several.
_ONE_PASS: dict[str, object] = {"epochs": 1, "unknown_rate": 0.0, "batch_users": 240 // STEPS}


def preset(name: str, *settings: dict[str, dict[str, object]]) -> Preset:
    data = PRESETS[name].model_dump()
    for setting in settings:
        for part, values in setting.items():
            data[part] |= values
    return type(PRESETS[name]).model_validate(data)


WITH_DROPOUT = {"default": preset("default", OBJECTIVES), "melu": preset("melu", _MELU)}
# Drop-out is drawn by each rank for itself, as are features shown as unknown in `melu`.
EXACT = {
    "default": preset(
        "default",
        OBJECTIVES,
        {
            "training": {"dropout": 0.0, "set_dropout": 0.0, **_SMALL_STEPS},
            "relevance": {"dropout": 0.0, **_SMALL_STEPS},
        },
    ),
    "melu": preset("melu", _MELU, {"training": {**_ONE_PASS, **_SMALL_STEPS}}),
}
EXACT["clicks"] = EXACT["default"]
