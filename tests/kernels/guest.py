# SPDX-License-Identifier: Apache-2.0
"""A guest of qemu without KVM, made from the build: a kernel, and an initramfs with the agent."""
import os
import pathlib
import re
import select
import shutil
import subprocess
import tempfile
import time

BUSYBOX = pathlib.Path("/bin/busybox")
SCRIPTS = pathlib.Path(__file__).with_name("guest")
WORKLOADS = ("workload", "fetch", "bursts", "deadline", "held", "trace", "storm", "waits")
MEMORY_MB = 1024
# A guest may be as slow as it likes while it gets on: each wait in it says so once a second. It is
# silent for some seconds at a time; a busy host makes that more.
SILENCE_MAX_S = 180
TIME_MAX_S = 1800


def libraries(program: pathlib.Path) -> set[pathlib.Path]:
    """What the loader needs, itself included; none if it is linked statically."""
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return {pathlib.Path(path) for path in re.findall(r"(/\S+) \(0x", told)}


def copy_programs(binaries: pathlib.Path, root: pathlib.Path):
    programs = {f"kernels_test_{name}": root / name for name in WORKLOADS}
    for name, place in (programs | {"loadline": root / "bin/loadline"}).items():
        subprocess.run(["strip", "-o", place, binaries / name], check=True)
        for library in libraries(binaries / name):
            (root / library.relative_to("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, root / library.relative_to("/"))


def make_initramfs(binaries: pathlib.Path, archive: pathlib.Path):
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for folder in ("bin", "proc", "sys", "dev", "tmp", "run", "etc"):
            (root / folder).mkdir()
        shutil.copy(BUSYBOX, root / "bin/busybox")
        copy_programs(binaries, root)
        shutil.copytree(SCRIPTS, root / "guest")
        (root / "guest/init.sh").rename(root / "init")
        (root / "init").chmod(0o755)
        (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n", encoding="utf-8")
        (root / "etc/group").write_text("root:x:0:\n", encoding="utf-8")
        with archive.open("wb") as out:
            listing = subprocess.run(["find", ".", "-print0"], cwd=root, capture_output=True,
                                     check=True).stdout
            subprocess.run(["cpio", "--null", "--create", "--format=newc", "--quiet"], cwd=root,
                           input=listing, stdout=out, check=True)


def boot(image: pathlib.Path, initramfs: pathlib.Path, plan: str,
         log: pathlib.Path) -> tuple[str, str]:
    """-> all that the guest wrote on its console, and in one line what ended it too early, if so.
    `log` has what it wrote so far."""
    command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max,la57=off",
               "-smp", "2", "-m", str(MEMORY_MB), "-kernel", image, "-initrd", initramfs,
               "-append", f"console=ttyS0 panic=-1 quiet loglevel=3 loadline.plan={plan}",
               "-display", "none", "-monitor", "none", "-serial", "stdio", "-nic", "none",
               "-no-reboot"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as guest, log.open("wb") as out:
        try:
            problem = listen(guest.stdout.fileno(), out)
        finally:
            guest.kill()
    text = log.read_bytes().decode("utf-8", "replace")
    if not problem and "@@ end" not in text:
        problem = f"the guest ended early, {last_line(text)}"
    elif problem:
        problem += f", {last_line(text)}"
    return text, problem


def listen(console: int, out) -> str:
    """Until the guest ends, is silent for too long or takes longer than any guest does: -> which."""
    began = time.monotonic()
    while time.monotonic() < began + TIME_MAX_S:
        if not select.select([console], [], [], SILENCE_MAX_S)[0]:
            return f"the guest hangs: silent for {SILENCE_MAX_S} s"
        part = os.read(console, 65536)
        if not part:
            return ""
        out.write(part)
        out.flush()
    return f"the guest takes more than {TIME_MAX_S} s"


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"its last line: {lines[-1][:200]}" if lines else "nothing on its console"
