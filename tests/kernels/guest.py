# SPDX-License-Identifier: Apache-2.0
"""A guest of qemu without KVM, made from the build: a kernel, and an initramfs with the agent."""
import pathlib
import re
import shutil
import subprocess
import tempfile

BUSYBOX = pathlib.Path("/bin/busybox")
INIT = pathlib.Path(__file__).with_name("guest_init.sh")
MEMORY_MB = 1024
# Boot, the programs' verification and two readings take about a minute; a busy host some more.
TIME_MAX_S = 300


def libraries(program: pathlib.Path) -> set[pathlib.Path]:
    """What the loader needs, itself included."""
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return {pathlib.Path(path) for path in re.findall(r"(/\S+) \(0x", told)}


def make_initramfs(binaries: pathlib.Path, sources: list[str], archive: pathlib.Path):
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for folder in ("bin", "proc", "sys", "dev", "tmp", "run", "etc"):
            (root / folder).mkdir()
        shutil.copy(BUSYBOX, root / "bin/busybox")
        for name in ("workload", "fetch"):
            shutil.copy(binaries / f"kernels_test_{name}", root / name)
        loadline = root / "bin/loadline"
        subprocess.run(["strip", "-o", loadline, binaries / "loadline"], check=True)
        for library in libraries(binaries / "loadline"):
            (root / library.relative_to("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, root / library.relative_to("/"))
        shutil.copy(INIT, root / "init")
        (root / "init").chmod(0o755)
        (root / "sources").write_text("\n".join(sources) + "\n", encoding="utf-8")
        (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n", encoding="utf-8")
        (root / "etc/group").write_text("root:x:0:\n", encoding="utf-8")
        with archive.open("wb") as out:
            listing = subprocess.run(["find", ".", "-print0"], cwd=root, capture_output=True,
                                     check=True).stdout
            subprocess.run(["cpio", "--null", "--create", "--format=newc", "--quiet"], cwd=root,
                           input=listing, stdout=out, check=True)


def boot(image: pathlib.Path, initramfs: pathlib.Path) -> str:
    """-> all that the guest wrote on its console; what there is of it, if it took too long."""
    command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max,la57=off",
               "-smp", "2", "-m", str(MEMORY_MB), "-kernel", image, "-initrd", initramfs,
               "-append", "console=ttyS0 panic=-1 quiet loglevel=3",
               "-display", "none", "-monitor", "none", "-serial", "stdio", "-nic", "none",
               "-no-reboot"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as guest:
        try:
            console, _ = guest.communicate(timeout=TIME_MAX_S)
        except subprocess.TimeoutExpired:
            guest.kill()
            console, _ = guest.communicate()
    return console.decode("utf-8", "replace")
