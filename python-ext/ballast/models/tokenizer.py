"""A model's own tokenizer, as transformers opens it: for what a tokenizer's files say beside its ids."""

from functools import lru_cache
from pathlib import Path

from ballast.errors import InvalidInputError


@lru_cache(maxsize=2)
def open_tokenizer(folder: str):
    """The `PreTrainedTokenizerBase` of a model's folder, shared: not to be changed.

    Raises:
        InvalidInputError: it is no folder, or has no tokenizer that can be opened.
    """
    from transformers import AutoTokenizer

    if not Path(folder).is_dir():
        raise InvalidInputError(f"model.path: {folder} is not a folder")
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (ValueError, OSError) as error:
        raise InvalidInputError(f"model.path: the tokenizer in {folder} cannot be opened: {error}") from error
