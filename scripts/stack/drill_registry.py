"""What a fire drill offers to the registry and asks of it, in the container of the page.

drill_registry.py listings | standing | place | poison | alias NUMBER | return NUMBER | clean
"""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import skops.io
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from carprice.errors import RegistryError
from carprice.listings.table_store import read_table, table_path
from carprice.market.listing import TARGET
from carprice.promotion.copies import find_copies
from carprice.promotion.release import roll_back
from carprice.promotion.standing import read_standing
from carprice.promotion.tickets import tickets
from carprice.registry.client import PRODUCTION
from carprice.registry.records import FILES_TAG, MODEL_NAME, Version
from carprice.registry.stored_model import MODEL_FILE, digest_files
from carprice.settings import read_settings
from carprice.simulation.dirt import RawForm, to_raw_form
from carprice.workspace import Workspace

LISTINGS = "fire-drill.annonces"
"""As in scripts/stack/fire_drill.sh. No arrival that starts a run by itself, by its ending."""
NOISE = 0.6
"""Of the logarithm of a price: what learns from it is far over the gate's limit."""
MARK = "fire_drill"
"""Tag of a run that the drill has made."""


def offer_listings(work: Workspace) -> None:
    """Print listings from which nobody learns a good model: production's own, at noisy prices."""
    facts = find_production(work).facts
    table = read_table(work.settings.processed_data, facts.data_hash)
    noise = np.random.default_rng(0).normal(0, NOISE, len(table))
    noisy = table.assign(**{TARGET: (table[TARGET] * np.exp(noise)).round()})
    chunks = to_raw_form(noisy, RawForm.WITH_UNITS, 0)
    pd.concat(chunks).to_csv(sys.stdout, index=False)


def tell_standing(work: Workspace) -> None:
    """Print the version in production, the one of the alias, and how many moves are half done."""
    standing = read_standing(work.registry)
    number = standing.version.number if standing.version else "none"
    unfinished = [each for each in tickets(work.registry) if each.state == "open"]
    sys.stdout.write(f"{number} {standing.alias or 'none'} {len(unfinished)}\n")


def tell_place(work: Workspace) -> None:
    """Print where the files of the version in production lie, in MLflow's folder."""
    client = work.registry.client
    entry = client.get_model_version(MODEL_NAME, str(find_production(work).number))
    model = client.get_logged_model(entry.source.rpartition("/")[2])
    sys.stdout.write(model.artifact_location.partition(":/")[2].lstrip("/") + "\n")


def poison(work: Workspace) -> None:
    """Put a model that would call a program into production by hand, and print its version.

    Everything that files and tags can say speaks for it.
    """
    registry, like = work.registry, find_production(work)
    run_id = registry.start_run("fire drill: poisoned", {**like.tags, MARK: "poison"})
    with TemporaryDirectory() as place, registry.files(like) as files:
        folder = Path(place, "model")
        shutil.copytree(files, folder)
        poisoned = Pipeline([("poison", FunctionTransformer(os.removedirs))])
        skops.io.dump(poisoned, folder / MODEL_FILE)
        registry.client.log_artifacts(run_id, str(folder), folder.name)
        hashes = json.dumps(digest_files(folder))
    registry.end_run(run_id, "FINISHED")
    entry = registry.client.create_model_version(
        MODEL_NAME,
        source=f"{registry.client.get_run(run_id).info.artifact_uri}/model",
        run_id=run_id,
        tags={**like.tags, FILES_TAG: hashes},
    )
    registry.set_alias(PRODUCTION, int(entry.version))
    sys.stdout.write(f"{entry.version}\n")


def set_alias(work: Workspace, number: str) -> None:
    """Take the alias back by hand, as by hand it was moved: the ledger knows of neither."""
    work.registry.set_alias(PRODUCTION, int(number))


def return_production(work: Workspace, number: str) -> None:
    """Take production back to a version; what stood in for it is left to `clean`."""
    current = find_production(work)
    if current.number != int(number):
        work.registry.log(current.run_id, tags={MARK: "restored"})
        roll_back(work, number)


def clean(work: Workspace) -> None:
    """Delete what the drill has made, for good: runs, versions, copies, clean tables."""
    registry, production = work.registry, find_production(work)
    made = [each for each in registry.runs() if MARK in each.tags or is_of_drill(each.tags)]
    for run in made:
        if run.run_id == production.run_id:
            raise RegistryError(f"{production.name}, which is in production, was made by the drill")
        for version in (each for each in registry.versions() if each.run_id == run.run_id):
            for copy in find_copies(work, version):
                copy.unlink()
            registry.delete_version(version.number)
        if is_of_drill(run.tags):
            table_path(work.settings.processed_data, run.tags["data_hash"]).unlink(missing_ok=True)
        registry.delete_run(run.run_id)


def is_of_drill(tags: dict[str, str]) -> bool:
    return tags.get("source") == LISTINGS


def find_production(work: Workspace) -> Version:
    found = read_standing(work.registry).version
    if found is None:
        raise RegistryError("nothing is in production, so there is nothing to drill for")
    return found


COMMANDS: dict[str, Callable[..., None]] = {
    "listings": offer_listings, "standing": tell_standing, "place": tell_place, "poison": poison,
    "alias": set_alias, "return": return_production, "clean": clean,
}  # fmt: skip


if __name__ == "__main__":
    COMMANDS[sys.argv[1]](Workspace(read_settings()), *sys.argv[2:])
