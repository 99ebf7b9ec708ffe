"""An OPTIMADE database as a library: asked for the chemical systems of the rows, its answers kept on disk.

OPTIMADE (Andersen et al., Sci. Data 8, 217, 2021) is the interface that databases of structures share. The ``optimade`` client
builds the queries and follows the pages; below it, a session of ``requests`` repeats what fails for a moment (a time-out, 429, 5xx) with
growing pauses, and keeps every page it got, so that a second run asks for nothing again.
"""

from __future__ import annotations

import io
import os
import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import InputError
from pipeline.structures.matching.descriptor import Descriptor, Descriptors, blocks, of_atoms
from pipeline.structures.matching.match import rows_of
from pipeline.structures.matching.window import COMPOSITION_SLACK, COMPOSITION_WINDOW

if TYPE_CHECKING:
    import pandas as pd

#: What a descriptor is made of.
FIELDS = ("lattice_vectors", "cartesian_site_positions", "species", "species_at_sites", "structure_features", "dimension_types")
#: Features of an entry whose list of sites is not its content.
UNUSABLE = frozenset({"implicit_atoms", "unknown_positions", "assemblies"})
#: Structures of one chemical system; a database that sends more is not asked on.
MOST = 20_000
TIMEOUT = 30.0
ATTEMPTS = 4
#: Seconds before the second repetition; each further pause is twice as long. The first comes at once.
PAUSE = 0.5


@dataclass(frozen=True)
class Answer:
    """What a database gave.

    Attributes
    ----------
    descriptors
        Named by the address of the entry.
    asked, received
        Chemical systems asked for; structures received.
    skipped
        How many structures were passed over, by reason.
    """

    descriptors: Descriptors
    asked: int
    received: int
    skipped: Mapping[str, int]


def cache_folder() -> Path:
    """Where answers are kept: ``obelix-curate`` in the user's cache folder (``XDG_CACHE_HOME``)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "obelix-curate"


def ask(
    url: str, entries: pd.DataFrame, cache: Path | None = None, *, timeout: float = TIMEOUT, attempts: int = ATTEMPTS, pause: float = PAUSE
) -> Answer:
    """Ask a database for the structures of the rows' chemical systems.

    Parameters
    ----------
    url
        Base address of the database (without ``/v1``).
    entries
        Rows to find structures for, index ``ID``.
    cache
        Folder of the answers; by default :func:`cache_folder`.
    timeout
        Seconds to wait for an answer to begin, or to go on.
    attempts, pause
        How often a request is repeated, and the unit of the growing pause between, in seconds.

    Raises
    ------
    InputError
        When the extra ``optimade`` is not installed, or the database does not answer, or answers with errors.
    """
    client = _client(url, (cache or cache_folder()) / "optimade.sqlite", timeout, attempts, pause)
    filters = sorted({_filter(row.amounts) for row in rows_of(entries)})
    found: dict[str, Mapping[str, Any]] = {}
    for each in _progress(filters):
        for entry in _query(client, url, each):
            found[f"{_base(url)}/v1/structures/{entry['id']}"] = entry["attributes"]
    names = sorted(found)
    skipped: Counter[str] = Counter()
    described = []
    for number, name in enumerate(names):
        result = describe(found[name])
        if isinstance(result, str):
            skipped[result] += 1
        else:
            described.append((number, result))
    return Answer(
        Descriptors(blocks(described), lambda ids: [names[i] for i in ids]), len(filters), len(found), dict(sorted(skipped.items()))
    )


def _base(url: str) -> str:
    return url.rstrip("/").removesuffix("/v1")


def _filter(amounts: Mapping[str, float]) -> str:
    """The rows' elements; those that the window allows to be absent may be."""
    must = sorted(element for element, amount in amounts.items() if amount > COMPOSITION_WINDOW + COMPOSITION_SLACK)
    quoted = ",".join(f'"{element}"' for element in must)
    if len(must) == len(amounts):
        return f"elements HAS ALL {quoted} AND nelements={len(must)}"
    return f"elements HAS ALL {quoted} AND nelements>={len(must)} AND nelements<={len(amounts)}"


def _query(client: Any, url: str, filter: str) -> list[Mapping[str, Any]]:
    with redirect_stderr(io.StringIO()):  # the client prints its errors even when it is told to be silent
        results = client.get_one("structures", filter, _base(url), response_fields=list(FIELDS))[_base(url)]
    if results.errors:
        cause = re.search(r"Caused by \w+\(\"?(.*?)\"?\)\)?$", str(results.errors[0]), re.DOTALL)
        raise InputError(
            f"the OPTIMADE database does not answer as it should: {cause[1] if cause else results.errors[0]}",
            file=url,
            value=filter,
            cure="check the address (a base address, without /v1) and the network; what was received is kept, run the command again",
        )
    if len(results.data) >= MOST:
        raise InputError(f"the database holds more than {MOST} structures of one system", file=url, value=filter, cure="ask for fewer rows")
    return list(results.data)


def _client(url: str, cache: Path, timeout: float, attempts: int, pause: float) -> Any:
    if not url.startswith(("http://", "https://")):
        raise InputError(
            "not the address of an OPTIMADE database", value=url, cure="give its base address, such as https://example.org/optimade"
        )
    try:
        from optimade.client import OptimadeClient
    except ImportError:
        raise InputError("an OPTIMADE database needs the extra 'optimade'", cure="pip install 'obelix-curate[optimade]'") from None
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder for the answers cannot be made: {error.strerror}", file=cache.parent, cure="set XDG_CACHE_HOME"
        ) from error
    return OptimadeClient(
        base_urls=[_base(url)],
        max_results_per_provider=MOST,
        http_timeout=timeout,
        use_async=False,
        silent=True,
        http_client=_session(cache, attempts, pause),
    )


def _session(cache: Path, attempts: int, pause: float) -> type[Any]:
    """A kind of ``requests.Session`` that repeats and keeps; the client wants a class and makes its own."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    class Session(requests.Session):
        def __init__(self) -> None:
            super().__init__()
            codes = (429, 500, 502, 503, 504)
            again = Retry(total=attempts, backoff_factor=pause, backoff_max=30, status_forcelist=codes, allowed_methods=("GET",))
            for scheme in ("http://", "https://"):
                self.mount(scheme, HTTPAdapter(max_retries=again))

        def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            kept = _kept(cache, str(request.url))
            if kept is not None:
                response = requests.Response()
                response.status_code, response.url, response.request = 200, str(request.url), request
                response._content = kept
                return response
            response = super().send(request, **options)
            if response.status_code == 200:
                _keep(cache, str(request.url), response.content)
            return response

    return Session


def _kept(cache: Path, url: str) -> bytes | None:
    with closing(sqlite3.connect(cache)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS answer (url TEXT PRIMARY KEY, body BLOB)")
        found = connection.execute("SELECT body FROM answer WHERE url = ?", (url,)).fetchone()
    return None if found is None else bytes(found[0])


def _keep(cache: Path, url: str, body: bytes) -> None:
    with closing(sqlite3.connect(cache)) as connection, connection:
        connection.execute("INSERT OR REPLACE INTO answer VALUES (?, ?)", (url, body))


def _progress(filters: Sequence[str]) -> Iterator[str]:
    if not sys.stderr.isatty():
        return iter(filters)
    from tqdm import tqdm

    return iter(tqdm(filters, desc="OPTIMADE", unit=" systems", leave=False))


def describe(attributes: Mapping[str, Any]) -> Descriptor | str:
    """Descriptor of an entry's attributes, or why there is none.

    The interface lists all sites of a cell and no operations, so the space group is what spglib finds. A site with several species, or with
    an occupancy below one, is a kind of its own; vacancies count for nothing.
    """
    from pipeline.chemistry.cell import from_metric

    features = UNUSABLE & set(attributes.get("structure_features") or ())
    if features:
        return f"it has {', '.join(sorted(features))}"
    if sum(attributes.get("dimension_types") or (1, 1, 1)) != 3:
        return "it is not periodic in three directions"
    try:
        lattice = np.array(attributes["lattice_vectors"], dtype=float)
        positions = np.array(attributes["cartesian_site_positions"], dtype=float) @ np.linalg.inv(lattice)
        species = {each["name"]: _occupants(each) for each in attributes["species"]}
        kinds = [species[name] for name in attributes["species_at_sites"]]
    except (KeyError, TypeError, ValueError, np.linalg.LinAlgError):
        return "its sites or its lattice are incomplete"
    order = {kind: number for number, kind in enumerate(sorted(set(kinds)), 1)}
    content: dict[str, float] = {}
    for kind in kinds:
        for element, amount in kind:
            content[element] = content.get(element, 0.0) + amount
    if not content or "X" in content or len(positions) != len(kinds):
        return "some of its atoms are not named"
    return of_atoms(lattice, positions, [order[kind] for kind in kinds], content, from_metric(lattice @ lattice.T))


def _occupants(species: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """Elements of a species with their amounts, attached atoms included; deuterium is hydrogen."""
    amounts: dict[str, float] = {}
    parts = [*zip(species["chemical_symbols"], species["concentration"], strict=True)]
    parts += zip(species.get("attached") or (), species.get("nattached") or (), strict=True)
    for symbol, amount in parts:
        if symbol != "vacancy" and amount:
            element = "H" if symbol in ("D", "T") else symbol
            amounts[element] = amounts.get(element, 0.0) + float(amount)
    return tuple(sorted((element, round(amount, 6)) for element, amount in amounts.items()))
