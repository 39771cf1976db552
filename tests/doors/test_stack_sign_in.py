"""Names and keys of those who may come in, and what a start says of the switch."""

import base64
import re

import pytest
from machine import START, USERS, Machine

LONG = "correct horse battery"
KEYS, PEOPLE = "keys", "users"


def names(machine: Machine, file: str) -> list[str]:
    written = (machine.project / ".secrets" / "sign-in" / file).read_text()
    return [line.partition(":")[0] for line in written.splitlines()]


def test_a_person_is_added_and_removed(machine: Machine) -> None:
    for name in ("youssef", "amina", "youssef"):
        added = machine.run(USERS, "add", name, typed=f"{LONG}\n")
        assert added.returncode == 0, added.stderr
    folder = machine.project / ".secrets"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(each.name for each in (folder / "sign-in").iterdir()) == [KEYS, PEOPLE]
    assert "youssef:hash of 21 characters" in (folder / "sign-in" / PEOPLE).read_text()
    assert sorted(names(machine, PEOPLE)) == ["amina", "youssef"]
    assert LONG not in str(machine.calls) + added.stdout + added.stderr
    assert "set CARPRICE_SIGN_IN=users in .env" in added.stderr
    listed = machine.run(USERS, "list").stdout
    assert re.findall(r"^  (\w+)$", listed, re.M) == ["amina", "youssef"]
    assert machine.run(USERS, "remove", "youssef").returncode == 0
    assert names(machine, PEOPLE) == ["amina"]
    gone = machine.run(USERS, "remove", "youssef")
    assert gone.returncode == 1
    assert "There is no youssef" in gone.stderr


def test_a_password_is_typed_twice_and_not_shown(machine: Machine) -> None:
    code, screen = machine.run_on_terminal(USERS, "add", "amina", typed=f"{LONG}\n{LONG}\n")
    assert (code, names(machine, PEOPLE)) == (0, ["amina"]), screen
    code, screen = machine.run_on_terminal(USERS, "add", "omar", typed=f"{LONG}\n{LONG}x\n")
    assert (code, names(machine, PEOPLE)) == (1, ["amina"]), screen


@pytest.mark.parametrize(
    ("words", "typed", "told"),
    [
        (("add", "amina"), "short", "has 5 characters; it needs 12"),
        (("add", "amina"), "é" * 40, "longer than 72 bytes"),
        (("add", "a:b"), LONG, "a:b is no name"), (("key", "Amina"), "", "Amina is no name"),
        (("add", "batch"), LONG, "batch is there already, among the keys"),
        (("add",), LONG, "Usage"), (("add", "amina", LONG), "", "Usage"), ((), "", "Usage"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_name_or_a_password_changes_nothing(
    machine: Machine, words: tuple[str, ...], typed: str, told: str
) -> None:
    machine.run(USERS, "key", "batch")
    ended = machine.run(USERS, *words, typed=typed)
    assert ended.returncode == (2 if told == "Usage" else 1)
    assert told in ended.stderr
    assert (names(machine, KEYS), names(machine, PEOPLE)) == (["batch"], [])


def test_a_key_is_shown_once_and_kept_hashed(machine: Machine) -> None:
    shown = [machine.run(USERS, "key", "batch").stdout for _ in range(2)]
    tokens = [re.findall(r"Bearer (\S+)", each)[0] for each in shown]
    name, _, secret = base64.b64decode(tokens[1]).decode().partition(":")
    assert (name, len(secret), names(machine, KEYS)) == ("batch", 44, ["batch"])
    assert tokens[0] != tokens[1]
    assert f"password {secret}" in shown[1]
    kept = (machine.project / ".secrets" / "sign-in" / KEYS).read_text()
    assert secret not in kept + str(machine.calls)


def test_who_is_removed_is_out_of_the_running_stack_too(machine: Machine) -> None:
    machine.run(USERS, "key", "batch")
    before = machine.acts()
    assert not [each for each in before if "exec" in each]
    (machine.engine / "containers").write_text("doors\nsign-in\n")
    machine.run(USERS, "remove", "batch")
    assert [each for each in machine.acts()[len(before) :] if not each.startswith("ps")] == [
        "exec -T doors sh -c rm -f /tmp/sign-in-answers/*", "kill --signal HUP doors",
    ]  # fmt: skip


OPENID = {
    "CARPRICE_SIGN_IN": "openid", "CARPRICE_DOMAIN": "cars.example.com", "OPENID_ISSUER": "https://a.b",
    "OPENID_CLIENT_ID": "carprice", "OPENID_CLIENT_SECRET": "s", "OPENID_MAIL_DOMAINS": "a.ma",
}  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"CARPRICE_SIGN_IN": "yes"}, "CARPRICE_SIGN_IN=yes is neither"),
        ({"CARPRICE_SIGN_IN": "users", "CARPRICE_SESSION_MINUTES": "8h"}, "no number of minutes"),
        ({"CARPRICE_SIGN_IN": "users", "BIND_ADDRESS": "0.0.0.0"}, "unencrypted"),  # noqa: S104
        ({**OPENID, "CARPRICE_DOMAIN": ""}, "openid needs HTTPS"),
        ({**OPENID, "OPENID_ISSUER": ""}, "OPENID_ISSUER has no value"),
        ({**OPENID, "OPENID_CLIENT_SECRET": ""}, "OPENID_CLIENT_SECRET has no value"),
        ({**OPENID, "OPENID_MAIL_DOMAINS": ""}, "Everybody whom the provider knows"),
        ({**OPENID, "OPENID_CLAIM": 'a:b" "c'}, "OPENID_CLAIM=a:b"),
    ],
)
def test_a_switch_that_cannot_hold_is_refused(
    machine: Machine, settings: dict[str, str], told: str
) -> None:
    machine.settings.update(settings)
    ended = machine.run(START)
    assert ended.returncode == 1
    assert told in ended.stderr
    assert not machine.acts()


def test_an_authority_that_could_vouch_for_nobody_is_refused(machine: Machine) -> None:
    machine.settings.update(OPENID)
    trusted = machine.project / ".secrets" / "sign-in" / "authority.pem"
    trusted.parent.mkdir(parents=True)
    trusted.write_bytes(b"0\x82 as browsers export it")
    ended = machine.run(START)
    assert ended.returncode == 1
    assert "sign-in/authority.pem holds no certificate in PEM" in ended.stderr


def test_a_start_says_that_nobody_can_come_in_yet(machine: Machine) -> None:
    machine.settings["CARPRICE_SIGN_IN"] = "users"
    ended = machine.run(START)
    assert ended.returncode == 0, ended.stderr
    assert "nobody can come in yet: ./docker-users-full.sh add NAME" in ended.stderr
    machine.run(USERS, "add", "amina", typed=LONG)
    assert "Sign-in    people: 1 " in machine.run(START).stdout
