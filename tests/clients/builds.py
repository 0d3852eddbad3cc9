"""How each foreign client is built from a WSDL and started.

A build is a directory named after a hash of all that goes into it: the WSDL without the address in
it, the driver's source, the commands. It is made once, in `build/` beside this module, and used
again by every later run; the generated code is thus compiled only when the contract or a driver
changed.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
DRIVERS = HERE / "drivers"
BUILDS = HERE / "build"
BUILD_SECONDS = 300
JARS = (
    "axis",
    "axis-jaxrpc",
    "axis-saaj",
    "commons-discovery",
    "commons-logging",
    "wsdl4j",
    "javax.activation",
    "javax.mail",
)
CLASSES = ":".join(f"/usr/share/java/{name}.jar" for name in JARS)
DEBIAN = {
    "php-cli": ("php",),
    "php-soap": ("/usr/lib/php/*/soap.so",),
    "gsoap": ("wsdl2h", "soapcpp2"),
    "libgsoap-dev": ("/usr/include/stdsoap2.h",),
    "libssl-dev": ("/usr/include/openssl/hmac.h",),
    "zlib1g-dev": ("/usr/include/zlib.h",),
    "g++": ("g++",),
    "default-jdk-headless": ("javac", "keytool"),
    "libaxis-java": ("/usr/share/java/axis.jar",),
    "libmail-java": ("/usr/share/java/javax.mail.jar", "/usr/share/java/javax.activation.jar"),
    "mono-devel": ("mono", "mcs", "wsdl"),
    "ca-certificates-mono": ("cert-sync",),
    "haproxy": ("/usr/sbin/haproxy",),
}
"""Each Debian package with the programs and files (as patterns) that tell of it."""
ADDRESS = re.compile(rb'location="[^"]*"')
WSDL = "AmazonS3.wsdl"
TRUST_PASSWORD = "changeit"


class NotBuiltError(Exception):
    """A step of a build failed; with what it printed."""


Command = Sequence[str]


@dataclass(frozen=True, slots=True)
class Access:
    """What a driver is told when it starts: where to call, as whom, whom to trust."""

    address: str
    access_key: str
    secret_key: str
    ca: Path

    @property
    def words(self) -> list[str]:
        """The first three arguments of every driver."""
        return [self.address, self.access_key, self.secret_key]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one client is made.

    Attributes:
        name: Of the stack.
        driver: Its source below drivers/.
        steps: Commands that build it, run where the WSDL lies.
        command: Starts it: from the build's directory and an Access.
        trust: Commands that make the stack trust a CA, for one run; from a directory of the run.
        environment: Further variables of the run, from the same directory.

    """

    name: str
    driver: str
    steps: tuple[Command, ...]
    command: Callable[[Path, Access, Path], list[str]]
    trust: Callable[[Path, Access], list[Command]] = lambda run, access: []
    environment: Callable[[Path], Mapping[str, str]] = field(default=lambda run: {})

    @property
    def source(self) -> Path:
        """The driver's source."""
        return DRIVERS / self.driver


def _axis_sources() -> Command:
    return (
        "sh",
        "-c",
        f"javac -nowarn -parameters -cp {CLASSES} -d classes generated/s3/*.java AxisDriver.java",
    )


PHP = Recipe(
    "php",
    "driver.php",
    (),
    lambda build, access, run: [
        "php",
        str(build / "driver.php"),
        *access.words,
        str(build / WSDL),
        str(access.ca),
    ],
)

ZEEP = Recipe(
    "zeep",
    "zeep_driver.py",
    (),
    lambda build, access, run: [
        sys.executable, str(build / "zeep_driver.py"), *access.words, str(build / WSDL), str(access.ca),
    ],
)  # fmt: skip

GSOAP = Recipe(
    "gsoap",
    "gsoap_driver.cpp",
    (
        ("wsdl2h", "-o", "s3.h", WSDL),
        ("soapcpp2", "-1", "-j", "-C", "-x", "-I/usr/share/gsoap/import", "s3.h"),
        (
            "g++", "-O0", "-w", "-DWITH_OPENSSL", "-I.", "-o", "driver", "gsoap_driver.cpp", "soapC.cpp",
            "soapAmazonS3SoapBindingProxy.cpp", "-lgsoapssl++", "-lssl", "-lcrypto", "-lz",
        ),
    ),
    lambda build, access, run: [str(build / "driver"), *access.words, str(access.ca)],
)  # fmt: skip

AXIS = Recipe(
    "axis",
    "AxisDriver.java",
    (
        ("java", "-cp", CLASSES, "org.apache.axis.wsdl.WSDL2Java", "-o", "generated", "-p", "s3", WSDL),
        _axis_sources(),
    ),
    lambda build, access, run: [
        "java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", f"{CLASSES}:{build / 'classes'}",
        f"-Djavax.net.ssl.trustStore={run / 'trust.p12'}",
        f"-Djavax.net.ssl.trustStorePassword={TRUST_PASSWORD}",
        "AxisDriver", *access.words,
    ],
    lambda run, access: [
        (
            "keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", str(access.ca),
            "-keystore", str(run / "trust.p12"), "-storetype", "PKCS12", "-storepass", TRUST_PASSWORD,
        )
    ],
)  # fmt: skip

MONO = Recipe(
    "mono",
    "MonoDriver.cs",
    (
        ("wsdl", "/nologo", "/namespace:S3", "/out:AmazonS3.cs", WSDL),
        (
            "mcs", "-nologo", "-nowarn:169,649", "-r:System.Web.Services", "-out:driver.exe",
            "AmazonS3.cs", "MonoDriver.cs",
        ),
    ),
    lambda build, access, run: ["mono", str(build / "driver.exe"), *access.words],
    lambda run, access: [("cert-sync", "--quiet", "--user", str(access.ca))],
    lambda run: {"HOME": str(run), "XDG_CONFIG_HOME": str(run / "config")},
)  # fmt: skip

RECIPES = {recipe.name: recipe for recipe in (ZEEP, PHP, GSOAP, AXIS, MONO)}


def missing_packages() -> list[str]:
    """Return the Debian packages of which this machine lacks a program or a file."""
    return sorted({package for package, files in DEBIAN.items() if not all(map(_is_there, files))})


def _is_there(name: str) -> bool:
    return any(Path("/").glob(name[1:])) if name.startswith("/") else shutil.which(name) is not None


def build(recipe: Recipe, wsdl: bytes) -> Path:
    """Return the directory of the client built from `wsdl`, building it when that was not done yet.

    Raises:
        NotBuiltError: A step failed.

    """
    parts = [ADDRESS.sub(b"", wsdl), recipe.source.read_bytes(), repr(recipe.steps).encode()]
    name = f"{recipe.name}-{hashlib.sha256(b'/'.join(parts)).hexdigest()[:16]}"
    finished = BUILDS / name
    if not finished.exists():
        BUILDS.mkdir(exist_ok=True)
        for outdated in BUILDS.glob(f"{recipe.name}-*"):
            shutil.rmtree(outdated, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=BUILDS, prefix="unfinished-") as directory:
            begun = Path(directory) / name
            begun.mkdir()
            (begun / WSDL).write_bytes(wsdl)
            shutil.copy(recipe.source, begun)
            for step in recipe.steps:
                run_step(step, begun)
            begun.rename(finished)
    return finished


def run_step(step: Command, directory: Path, environment: Mapping[str, str] | None = None) -> None:
    """Run one command of a build.

    Raises:
        NotBuiltError: It failed; with what it printed.

    """
    done = subprocess.run(
        step, cwd=directory, env=environment, capture_output=True, timeout=BUILD_SECONDS, check=False
    )
    if done.returncode:
        printed = (done.stdout + done.stderr).decode(errors="replace")[-4000:]
        raise NotBuiltError(f"{' '.join(step)} ended with status {done.returncode}:\n{printed}")
