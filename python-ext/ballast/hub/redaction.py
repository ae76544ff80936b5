"""Messages without the secrets that an address or the environment has in it."""

import os
import re

# Of names of environment variables: HF_TOKEN, MLFLOW_TRACKING_PASSWORD, AWS_SECRET_ACCESS_KEY.
SECRET = re.compile(r"(?i)(token|password|passwd|secret|api_?key|access_key|credentials?)s?$")
# "user:password@" of an address, or "token@".
SIGNED_IN = re.compile(r"(?<=://)[^/@\s]+@")
SHORTEST = 8  # A shorter value stands in too many texts by chance.
HIDDEN = "***"


def redacted(text: str) -> str:
    """The text with *** for what stands before the @ of an address, and for values of variables such as HF_TOKEN."""
    text = SIGNED_IN.sub(HIDDEN + "@", text)
    values = [value for name, value in os.environ.items() if SECRET.search(name) and len(value) >= SHORTEST]
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return text
