"""Which listed model stands in for one that is gone: names enter, one name or None leaves."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from bot.providers.base import ListedModel

_OTHER_TYPES = frozenset(
    {"embedding", "embeddings", "image", "audio", "rerank", "moderation", "transcribe", "video"}
)
_OTHER_NAMES = re.compile(
    r"embed|whisper|\btts|speech|audio|transcri|realtime|orpheus|playai|voice"
    r"|image|dall-?e|diffusion|flux|\bveo|imagen|sora|video"
    r"|guard|moderation|rerank|\bbge\b|\bgte\b|\be5\b|minilm|\bocr\b"
    r"|turbo-instruct|davinci|babbage|codex|deep-research|computer-use",
    re.IGNORECASE,
)
_UNSTEADY = re.compile(r"preview|beta|\bexp\b|experimental|search|latest|\d{4}-\d{2}-\d{2}", re.I)
_BILLIONS = re.compile(r"(?<![a-z\d.])(\d+(?:\.\d+)?)b(?![a-z\d])", re.IGNORECASE)
# What names say instead of a size, in billions of parameters.
_SIZE_WORDS = (
    (re.compile(r"nano|tiny|micro|lite", re.I), 4.0),
    (re.compile(r"mini|small|flash|instant|haiku|phi", re.I), 12.0),
    (re.compile(r"large|\bpro\b|opus|ultra|\bmax\b|compound", re.I), 200.0),
)
_USUAL_SIZE = 30.0
FREE = ":free"
"""How OpenRouter marks models that cost nothing."""
# Upper limits of the classes tiny, small, middle and large.
_SIZE_CLASSES = (5.0, 40.0, 130.0, math.inf)


def is_chat_model(name: str, kind: str = "") -> bool:
    """Whether it writes text: no embedding, speech, image, guard or moderation model.

    Args:
        kind: what the provider's list calls its type, when it does.
    """
    return kind.lower() not in _OTHER_TYPES and not _OTHER_NAMES.search(name)


def pick_model(
    listed: Sequence[ListedModel], wanted: str | None, default: str | None = None
) -> str | None:
    """The listed language model to ask: the wanted one, else the one most like it.

    Likeness is being free or not first, so that nobody pays who did not mean to; then family, size
    class, being loaded, the provider's default, and a name that is not a preview; the newest of
    equals. Wanting none takes a loaded one, else the
    first listed.

    Args:
        wanted: the model set, or None for whichever is loaded.
        default: the provider's own default.
    Returns:
        None when no language model is listed.
    """
    chat = [model for model in listed if is_chat_model(model.name)]
    if not chat:
        return None
    if not wanted:
        return next((model.name for model in chat if model.loaded), chat[0].name)
    same = (model.name for model in chat if model.name.lower() == wanted.lower())
    exact = next(same, None)
    return exact or max(chat, key=lambda model: _likeness(model, wanted, default)).name


def _likeness(model: ListedModel, wanted: str, default: str | None) -> tuple[object, ...]:
    return (
        model.name.endswith(FREE) == wanted.endswith(FREE),
        _shared_family(model.name, wanted),
        -abs(_size_class(model.name) - _size_class(wanted)),
        model.loaded,
        model.name == default,
        not _UNSTEADY.search(model.name),
        _version(model.name),
        model.name,
    )


def _shared_family(name: str, wanted: str) -> int:
    """How many leading words both names share; the maker before a slash does not count."""
    shared = 0
    for ours, theirs in zip(_family(name), _family(wanted), strict=False):
        if ours != theirs:
            break
        shared += 1
    return shared


def _family(name: str) -> list[str]:
    """ "meta-llama/llama-3.1-8b-instant" → ["llama"]; "openai/gpt-oss-20b" → ["gpt", "oss"]."""
    words = re.findall(r"[a-z]+|\d+(?:\.\d+)?b?", name.lower().rpartition("/")[2])
    leading: list[str] = []
    for word in words:
        if word[0].isdigit():
            break
        leading.append(word)
    return leading


def _size_class(name: str) -> int:
    sizes = [float(size) for size in _BILLIONS.findall(name)]
    words = (size for pattern, size in _SIZE_WORDS if pattern.search(name))
    size = max(sizes) if sizes else next(words, _USUAL_SIZE)
    return next(index for index, most in enumerate(_SIZE_CLASSES) if size <= most)


def _version(name: str) -> tuple[float, ...]:
    """The numbers in a name, sizes left out: newer compares greater."""
    return tuple(float(number) for number in re.findall(r"\d+(?:\.\d+)?", _BILLIONS.sub("", name)))
