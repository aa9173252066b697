"""`melu demo`: from an installed wheel to a served demo page."""

from pathlib import Path

from scripts.serve import serve
from scripts.terminal import console


def run_demo(folder: Path, *, host: str | None, port: int | None) -> None:
    """Fetch, train and serve; what is there already is kept.

    Args:
        folder: Where data, model and store are kept.
        host: Address to listen on; None for the setting's.
        port: Port to listen on; None for the setting's.

    Raises:
        ModelError: If the data can't be fetched, or the service can't start.
    """
    data, model = folder / "ml-100k", folder / "model"
    if not (model / "bundle.json").is_file():
        from model.data import load_dataset
        from scripts.fetch import fetch_ml_100k
        from scripts.train import chosen_preset, train_bundle

        fetch_ml_100k(data)
        console.print(f"Training on {data}, once: a minute or two.")
        train_bundle(load_dataset(data), model, chosen_preset("default"), seed=0)
    serve(host=host, port=port, model=model, store_folder=folder / "store")
