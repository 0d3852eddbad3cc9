import os

import pytest
from twisted.internet.task import Clock

from gateway.service.credentials import LOOK_AGAIN, User, Users, read_users
from gateway.service.ini import ConfigError

ALICE = "[alice]\naws_access_key_id = AKALICE\naws_secret_access_key = hidden/alice+secret\n"
BOB = """[bob]
aws_access_key_id = AKBOB
aws_secret_access_key = hiddenbob
backend_access_key_id = STOREKEY
backend_secret_access_key = hiddenstore
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "credentials"


def write(path, text, mode=0o600):
    path.unlink(missing_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)


def refused(path, text, mode=0o600):
    write(path, text, mode)
    with pytest.raises(ConfigError) as caught:
        read_users(path)
    assert "hidden" not in str(caught.value)
    return caught.value.lines


def test_one_pair_signs_on_both_sides(path):
    write(path, ALICE)
    users = Users(path, Clock().seconds)
    assert users.secret_of("AKALICE") == "hidden/alice+secret"
    assert users.backend_of("AKALICE") == ("AKALICE", "hidden/alice+secret")


def test_a_pair_of_its_own_towards_the_store(path):
    write(path, ALICE + BOB)
    users = Users(path, Clock().seconds)
    assert users.secret_of("AKBOB") == "hiddenbob"
    assert users.backend_of("AKBOB") == ("STOREKEY", "hiddenstore")


def test_an_unknown_key_is_nobody(path):
    write(path, ALICE + BOB)
    users = Users(path, Clock().seconds)
    for unknown in ("STOREKEY", "akalice", ""):
        assert users.secret_of(unknown) is None
        assert users.backend_of(unknown) is None


def test_no_secret_is_ever_shown(path):
    write(path, ALICE + BOB)
    _, users = read_users(path)
    assert "hidden" not in repr(users)
    assert "hidden" not in repr(User("a", "hidden1", "hidden2", "hidden3"))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o610])
def test_a_file_that_others_may_use_is_refused(path, mode):
    assert refused(path, ALICE, mode) == (
        f"{path}: others may use this file, its mode is {mode:04o}; chmod 600 it",
    )


def test_a_file_that_only_its_owner_may_read_is_fine(path):
    write(path, ALICE, 0o400)
    assert len(read_users(path)[1]) == 1


def test_a_missing_file_is_refused(path):
    with pytest.raises(ConfigError, match="the credentials cannot be read: No such file or directory"):
        read_users(path)


@pytest.mark.parametrize("text", ["", "# nothing\n\n", b"\xef\xbb\xbf"])
def test_a_file_without_profiles_is_refused(path, text):
    (line,) = refused(path, text)
    assert line.startswith(f"{path}: there is no profile; write [NAME]")


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("[a]\n", 1, "[a] aws_access_key_id: is missing"),
        ("[a]\naws_access_key_id = K\n", 1, "[a] aws_secret_access_key: is missing"),
        ("[a]\naws_secret_access_key = hidden\n", 1, "[a] aws_access_key_id: is missing"),
        (ALICE + "backend_access_key_id = K\n", 1, "[alice] backend_secret_access_key: is missing"),
        (ALICE + "backend_secret_access_key = hidden\n", 1, "[alice] backend_access_key_id: is missing"),
        ("[a]\naws_access_key_id =\naws_secret_access_key = hidden\n", 2, "aws_access_key_id: has no value"),
        ("[a]\naws_access_key_id = K\naws_secret_access_key =\n", 3, "aws_secret_access_key: has no value"),
        ("[a]\naws_access_key_id = a/b\naws_secret_access_key = hidden\n", 2, "is no access key"),
        ("[a]\naws_access_key_id = a b\naws_secret_access_key = hidden\n", 2, "is no access key"),
        ("[a]\naws_access_key_id = k\naws_secret_access_key = hidden text\n", 3, "is no secret"),
        ("[a]\naws_access_key_id = k\naws_secret_access_key = hidden\u00e4\n", 3, "is no secret"),
        (ALICE + "aws_session_token = hidden\n", 4, "aws_session_token: the gateway does not use this key"),
        (ALICE + "aws_access_key_id = K2\n", 4, "this key stands at line 2 already"),
        (
            ALICE + ALICE.replace("[alice]", "[again]"),
            5,
            "[again] aws_access_key_id: another profile has this key",
        ),
        (ALICE + "[alice]\n", 4, "this section began at line 1 already"),
        ("hiddenhidden\n", 1, "expected key = value"),
        (b"[a]\nhidden = \xff\n", 2, "this is not UTF-8 text"),
    ],
)
def test_mistakes_are_told_with_their_line_and_without_the_secret(path, text, line, why):
    told = refused(path, text)[0]
    assert told.startswith(f"{path}:{line}:")
    assert why in told


def test_all_mistakes_are_told(path):
    assert len(refused(path, "[a]\naws_access_key_id = K\n[b]\naws_secret_access_key = hidden\n")) == 2


def test_a_changed_file_is_read_again(path, logged):
    clock = Clock()
    write(path, ALICE)
    users = Users(path, clock.seconds)
    write(path, BOB)
    assert users.secret_of("AKBOB") is None
    clock.advance(LOOK_AGAIN)
    assert users.secret_of("AKBOB") == "hiddenbob"
    assert users.secret_of("AKALICE") is None
    assert logged == [f"Read 1 users from {path}."]


def test_an_unchanged_file_is_not_read_again(path, logged):
    clock = Clock()
    write(path, ALICE)
    users = Users(path, clock.seconds)
    clock.advance(LOOK_AGAIN)
    assert users.secret_of("AKALICE")
    assert logged == []


@pytest.mark.parametrize(
    "change",
    [
        lambda path: write(path, "[broken\n"),
        lambda path: write(path, ""),
        lambda path: path.unlink(),
        lambda path: path.chmod(0o644),
    ],
)
def test_a_file_that_becomes_wrong_leaves_the_users_and_is_told_once(path, logged, change):
    clock = Clock()
    write(path, ALICE)
    users = Users(path, clock.seconds)
    change(path)
    for _ in range(3):
        clock.advance(LOOK_AGAIN)
        assert users.secret_of("AKALICE")
    assert len(logged) == 1
    assert logged[0].startswith(f"The users stay as they were: {path}:")
    assert "hidden" not in logged[0]
    write(path, BOB)
    clock.advance(LOOK_AGAIN)
    assert users.secret_of("AKBOB")


def test_a_file_of_the_same_length_and_time_is_noticed(path):
    clock = Clock()
    write(path, ALICE)
    times = path.stat()
    users = Users(path, clock.seconds)
    other = path.with_name("other")
    write(other, ALICE.replace("AKALICE", "AKELISE"))
    other.replace(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    clock.advance(LOOK_AGAIN)
    assert users.secret_of("AKELISE")
