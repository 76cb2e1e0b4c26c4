"""Images: only plain files within the folder, under their own name only when they are whole."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from appliance.errors import UpdateError
from appliance.update.images import deploy, forget, unpack
from appliance.update.source import FolderSource
from tests.update.conftest import Device, Publisher, tar_of
from tools.publish.pack import pack_models, pack_tree, unpacked_bytes
from tools.publish.signing import REPOSITORY

MEGABYTE = 1_000_000


def odd(name: str = "x", kind: bytes = tarfile.REGTYPE, target: str = "") -> bytes:
    """A tar with one odd member."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, target
        tar.addfile(member)
    return out.getvalue()


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (odd("../outside"), "leads out of the image"),
        (odd("/etc/passwd"), "leads out of the image"),
        (odd("a/../../b"), "leads out of the image"),
        (odd("link", tarfile.SYMTYPE, "/etc"), "neither a plain file nor a folder"),
        (odd("link", tarfile.LNKTYPE, "x"), "neither a plain file nor a folder"),
        (odd("device", tarfile.CHRTYPE), "neither a plain file nor a folder"),
        (odd("pipe", tarfile.FIFOTYPE), "neither a plain file nor a folder"),
        (tar_of({"big": bytes(MEGABYTE + 1)}), "more than"),
        (b"no tar at all", "not a tar"),
        (tar_of({"x": bytes(100_000)})[:-40], "not a tar"),
    ],
)
def test_an_odd_image_is_refused(
    device: Device, tmp_path: Path, archive: bytes, words: str
) -> None:
    """Though it is signed: a builder may have been tricked."""
    path = tmp_path / "image.tar"
    path.write_bytes(archive)
    with pytest.raises(UpdateError, match=words) as fault:
        unpack(device.shelf, path, "a" * 64, MEGABYTE)
    assert fault.value.name == "image"
    assert not device.shelf.image("a" * 64).exists()
    assert not (tmp_path / "outside").exists()


def test_an_image_is_read_only_and_compiled(device: Device, tmp_path: Path) -> None:
    """Nothing is written there later: a file that Python writes may be cut off by the power."""
    path = tmp_path / "image.tar"
    path.write_bytes(tar_of({"package/module.py": b"answer = 42\n"}))
    image = unpack(device.shelf, path, "b" * 64, MEGABYTE)
    assert (image / "package" / "module.py").stat().st_mode & 0o777 == 0o444
    assert list((image / "package" / "__pycache__").glob("module.*.pyc"))


def test_only_what_changed_is_fetched(
    publisher: Publisher, device: Device, source: FolderSource
) -> None:
    """New models with the same app are a few megabytes; the app's image is shared."""
    app = {"appliance/__init__.py": b""}
    publisher.release("1.1.0", app=app)
    device.run(source)
    table = publisher.release("1.2.0", app=app, models="models 2")
    artefacts = [{each["sha256"] for each in one["artefacts"]} for one in table["releases"]]
    for name in artefacts[0] & artefacts[1]:
        (publisher.site.folder / "artefacts" / name).unlink()  # nobody asks for it
    assert device.run(source) == "1.2.0"


def test_what_runs_on_trial_keeps_its_images_when_another_takes_its_place(
    publisher: Publisher, device: Device, source: FolderSource
) -> None:
    """It imports more of itself late; once the other one has started they go."""
    publisher.release("0.2.0")
    device.install(source)
    runs = device.shelf.start("boot")
    assert runs is not None
    publisher.release("0.3.0")
    device.install(source)
    assert (runs / "app" / "appliance" / "__main__.py").exists()
    device.shelf.start("boot")
    forget(device.shelf, device.commit())
    assert not runs.exists()


def test_what_nobody_goes_back_to_is_deleted(
    publisher: Publisher, device: Device, source: FolderSource
) -> None:
    """The one that runs and the one before stay, with their images; nothing else."""
    for number in range(4):
        publisher.release(f"1.{number}.0", models=f"models {number}")
        device.run(source)
    publisher.release("1.4.0")
    device.install(source)
    assert sorted(path.name[:5] for path in (device.shelf.folder / "deployments").iterdir()) == [
        "1.2.0",
        "1.3.0",
        "1.4.0",
    ]
    assert len(list((device.shelf.folder / "images").iterdir())) == 7
    assert not list((device.shelf.folder / "downloads").iterdir())


def test_the_same_images_are_the_same_deployment(device: Device) -> None:
    """And other ones of the same version another."""
    one = deploy(device.shelf, "1.1.0", 1, {"app": "a" * 64, "models": "b" * 64})
    assert one == deploy(device.shelf, "1.1.0", 1, {"models": "b" * 64, "app": "a" * 64})
    other = deploy(device.shelf, "1.1.0", 1, {"app": "a" * 64, "models": "c" * 64})
    assert one.name != other.name
    assert not device.shelf.is_whole(one)  # its images were never there


def test_a_tar_depends_on_its_files_alone(tmp_path: Path) -> None:
    """Not on times, owners, modes or the order of a folder."""
    for name in ("one", "two"):
        folder = tmp_path / name
        for file in ("b", "a") if name == "one" else ("a", "b"):
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes(file.encode())
        (folder / "a").chmod(0o600 if name == "one" else 0o755)
        pack_tree(folder, [Path("a"), Path("b")], tmp_path / f"{name}.tar")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_the_package_finds_the_models_of_its_deployment(device: Device, tmp_path: Path) -> None:
    """The real package as an image, and the real models as another: `gatepost version` runs."""
    files = {
        path.relative_to(REPOSITORY).as_posix(): path.read_bytes()
        for path in (REPOSITORY / "appliance").rglob("*")
        if path.suffix in {".py", ".json"}
    }
    app, models = tmp_path / "app.tar", tmp_path / "models.tar"
    app.write_bytes(tar_of(files))
    pack_models(REPOSITORY / "models", models)
    for name, archive in (("a" * 64, app), ("b" * 64, models)):
        unpack(device.shelf, archive, name, unpacked_bytes(archive))
    made = deploy(device.shelf, "1.1.0", 1, {"app": "a" * 64, "models": "b" * 64})
    place = device.shelf.place(made)
    told = "from appliance.config import MODELS; print(MODELS)"
    shown = subprocess.run(
        [sys.executable, "-c", told],
        env={"PYTHONPATH": str(place / "app")},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert shown.stdout.strip() == str(place / "models")
