"""A Hugging Face hub: models and data files into the shared cache, and what may be said of an address."""

from ballast.hub.repositories import (
    cache_folder,
    cached_dataset_file,
    cached_model,
    download_dataset_file,
    download_model,
    list_dataset_files,
)

__all__ = [
    "cache_folder",
    "cached_dataset_file",
    "cached_model",
    "download_dataset_file",
    "download_model",
    "list_dataset_files",
]
