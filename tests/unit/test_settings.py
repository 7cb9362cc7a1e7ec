"""Settings: defaults, errors that name variable, value and what is allowed, secrets that stay secret."""

import subprocess
import sys
from pathlib import Path

import pytest

from streams import settings
from streams.errors import ConfigError


def test_defaults_need_no_environment() -> None:
    assert settings.read({}) == settings.Settings()


def test_values_have_their_types() -> None:
    read = settings.read(
        {"STREAMS_PARTITIONS": "12", "STREAMS_WINDOW_HOURS": "0.5", "STREAMS_STATE_DIR": "/data", "PATH": "/bin"}
    )
    assert (read.partitions, read.window_hours, read.state_dir) == (12, 0.5, Path("/data"))


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("STREAMS_PARTITIONS", "many", "a whole number from 1 to 1000"),
        ("STREAMS_PARTITIONS", "0", "a whole number from 1 to 1000"),
        ("STREAMS_WINDOW_HOURS", "-1", "a number from 0.01 to 8760"),
        ("STREAMS_BROKERS", "kafka", "host:port"),
        ("STREAMS_BROKERS", "kafka:99999", "host:port"),
        ("STREAMS_SECURITY_PROTOCOL", "TLS", "one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"),
        ("STREAMS_SSL_CHECK_HOSTNAME", "maybe", "true or false"),
        ("STREAMS_TOPIC_PREFIX", "a/b", "letters, digits, . _ -"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings.read({name: value})
    assert name in str(caught.value)
    assert value in str(caught.value)
    assert allowed in str(caught.value)


def test_a_misspelt_variable_is_named() -> None:
    with pytest.raises(ConfigError, match="STREAMS_BROKER is no setting"):
        settings.read({"STREAMS_BROKER": "localhost:9092"})


def test_a_user_without_a_home_needs_none() -> None:
    unknown = "import os, pwd; os.environ.pop('HOME', None); pwd.getpwuid = lambda uid: {}[uid]"
    asked = "from streams import settings; print(settings.read({'STREAMS_ROUTES_FILE': '~/x'}).state_dir.name)"
    done = subprocess.run([sys.executable, "-c", f"{unknown}; {asked}"], capture_output=True, text=True, check=False)
    assert done.stdout == "streams\n", done.stderr


def test_secrets_are_never_shown() -> None:
    read = settings.read({"STREAMS_SASL_PASSWORD": "hush-1234"})
    assert "hush-1234" not in str(settings.table(read))
    assert ("STREAMS_SASL_PASSWORD", "***") in [(name, value) for name, value, *_ in settings.table(read)]


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("hush-1234\n")
    assert settings.read({"STREAMS_SASL_PASSWORD_FILE": str(file)}).sasl_password == "hush-1234"


def test_a_setting_whose_name_ends_in_file_keeps_its_meaning() -> None:
    assert settings.read({"STREAMS_FEED_TOKENS_FILE": "/tokens"}).feed_tokens_file == Path("/tokens")


def test_a_secret_in_two_places_or_in_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="STREAMS_SASL_PASSWORD and STREAMS_SASL_PASSWORD_FILE are both set"):
        settings.read({"STREAMS_SASL_PASSWORD": "a", "STREAMS_SASL_PASSWORD_FILE": "b"})
    with pytest.raises(ConfigError, match=r"STREAMS_SASL_PASSWORD_FILE='.*none' cannot be read: No such file"):
        settings.read({"STREAMS_SASL_PASSWORD_FILE": str(tmp_path / "none")})


def test_what_is_no_secret_is_in_no_file() -> None:
    with pytest.raises(ConfigError, match="STREAMS_SASL_USERNAME_FILE is no setting"):
        settings.read({"STREAMS_SASL_USERNAME_FILE": "a"})


@pytest.mark.parametrize(
    ("environ", "needed"),
    [
        ({"SASL_USERNAME": "u"}, "STREAMS_SASL_PASSWORD"),
        ({"SASL_PASSWORD": "p"}, "STREAMS_SASL_USERNAME"),
        ({"SASL_MECHANISM": "OAUTHBEARER"}, "STREAMS_SASL_TOKEN_FILE"),
    ],
)
def test_who_must_log_in_needs_something_to_log_in_with(environ: dict[str, str], needed: str) -> None:
    read = settings.read(
        {"STREAMS_" + key: value for key, value in (environ | {"SECURITY_PROTOCOL": "SASL_SSL"}).items()}
    )
    with pytest.raises(ConfigError, match=needed):
        read.client_options()


def test_sasl_reaches_the_clients() -> None:
    environ = {"SECURITY_PROTOCOL": "SASL_PLAINTEXT", "SASL_USERNAME": "u", "SASL_PASSWORD": "p"}
    options = settings.read({"STREAMS_" + key: value for key, value in environ.items()}).client_options()
    assert options["sasl_mechanism"] == "PLAIN"
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("u", "p")


def test_an_unreadable_certificate_is_a_config_error(tmp_path: Path) -> None:
    read = settings.read({"STREAMS_SECURITY_PROTOCOL": "SSL", "STREAMS_SSL_CAFILE": str(tmp_path / "none.pem")})
    with pytest.raises(ConfigError, match="TLS"):
        read.client_options()
