"""Text from outside, made safe to show: no terminal control, no text direction override, no password.

Every command prints through `cli.output`, every log line goes through `logs`, and every error message of ours through
`errors`; all three use these functions.
"""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"

# C0 and C1 controls with DEL; line and paragraph separators; bidirectional marks, embeddings, overrides and isolates
# (Unicode Bidirectional Algorithm, UAX #9, section 2); interlinear annotations; the byte order mark; lone surrogates.
# Joiners (U+200C, U+200D) stay: Persian and emoji are written with them.
_CONTROLS = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff"
_UNSAFE = re.compile(f"[{_CONTROLS}]")
_UNSAFE_IN_BLOCK = re.compile(rf"(?![\n\t])[{_CONTROLS}]")
# JSON escapes C0 controls itself, and surrogates never get into it.
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")

# The longest stretch up to the last `@` before a path: user and password may hold `@`, and the password `:` itself.
_URL_PASSWORD = re.compile(r"(://[^/\s:'\"<>]{0,200}:)[^/\s'\"<>]{1,500}@")
# Where the whole text is an address, its password may hold anything.
_ADDRESS_PASSWORD = re.compile(r"(://[^:]*:).*@", re.DOTALL)
_URL_TOKEN = re.compile(
    r"([?&](?:access_token|api_?key|auth|key|password|passwd|secret|sig|signature|token)=)[^&\s\"']{1,2000}",
    re.IGNORECASE,
)
# As in libpq's connection strings: `host=db password=secret`.
_WORD_PASSWORD = re.compile(r"(\bpass(?:word|wd)\s{0,4}=\s{0,4})(?:'[^']{0,500}'|[^\s&'\"]{1,500})", re.IGNORECASE)


def printable(text: str) -> str:
    """One line: every control character, line breaks included, and every direction override becomes U+FFFD."""
    return _UNSAFE.sub(REPLACEMENT, text)


def printable_block(text: str) -> str:
    """Several lines: as `printable`, but line breaks and tabs stay."""
    return _UNSAFE_IN_BLOCK.sub(REPLACEMENT, text)


def escape_json(encoded: str) -> str:
    r"""JSON in which the characters that `printable` replaces are written as `\u…`; its meaning is the same."""
    if encoded.isascii() and "\x7f" not in encoded:
        return encoded
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", encoded)


def mask_address(text: str) -> str:
    """An address that is a secret, such as `redis://:password@host`, with its password replaced by stars."""
    return mask_secrets(_ADDRESS_PASSWORD.sub(r"\1***@", text))


def mask_secrets(text: str) -> str:
    """`text` with the passwords and tokens of URLs and connection strings replaced by stars."""
    if "@" in text and "://" in text:
        text = _URL_PASSWORD.sub(r"\1***@", text)
    if "=" in text and "://" in text:
        text = _URL_TOKEN.sub(r"\1***", text)
    if "=" in text:
        text = _WORD_PASSWORD.sub(r"\1***", text)
    return text
