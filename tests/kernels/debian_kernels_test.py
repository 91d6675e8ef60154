#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Goal: kernels are found where Debian's archive has them, the newest by itself, and whatever goes wrong is
# one line that names the kernel.
# Method: sources, and answers of apt-cache, as they stand on real hosts; no network.
import io
import os
import pathlib
import tarfile
import tempfile
import unittest
from unittest import mock

import apt_sources
import debian_kernels
from debian_kernels import CannotFetch, Gone, Offer

DEB822 = """Types: deb deb-src
# http://snapshot.debian.org/archive/debian/20250520T000000Z
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main
Architectures: amd64
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""
LIST = """deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib
deb http://mirror.example/debian-security bookworm-security main
deb-src http://mirror.example/debian bookworm main
"""
OTHERS = "deb https://packages.example/apt cloud-sdk-bookworm main\n"

META_OLD = """Package: linux-image-cloud-amd64
Source: linux-signed-amd64 (6.1.158+1)
Version: 6.1.158-1
Depends: linux-image-6.1.0-41-cloud-amd64 (= 6.1.158-1)
"""
META_NEW = """Package: linux-image-cloud-amd64
Version: 7.3.1-1~bpo13+1
Depends: linux-image-7.3.1+deb13-cloud-amd64 (= 7.3.1-1~bpo13+1)
"""
IMAGE_NEW = """Package: linux-image-7.3.1+deb13-cloud-amd64
Version: 7.3.1-1~bpo13+1
Depends: linux-binary-7.3.1+deb13-cloud-amd64 (= 7.3.1-1~bpo13+1), linux-base (>= 4.12~), kmod
"""


class Sources(unittest.TestCase):
    def test_a_release_has_updates_and_security_of_its_own(self):
        suffix, text = apt_sources.sources_for({"debian.sources": DEB822}, "bookworm", "trixie")
        self.assertEqual(suffix, ".sources")
        self.assertIn("Suites: trixie trixie-updates\n", text)
        self.assertIn("Suites: trixie-security\n", text)
        self.assertNotIn("bookworm", text)

    def test_other_suites_stand_alone(self):
        for suite in ("sid", "forky", "trixie-backports"):
            _, text = apt_sources.sources_for({"debian.sources": DEB822}, "bookworm", suite)
            self.assertIn(f"Suites: {suite}\n", text)
            self.assertEqual(text.count("Suites:"), 1)
            self.assertNotIn("debian-security", text)

    def test_any_machine_and_no_source_packages(self):
        _, text = apt_sources.sources_for({"debian.sources": DEB822}, "bookworm", "sid")
        self.assertNotIn("amd64", text)
        self.assertNotIn("deb-src", text)

    def test_lines_are_rewritten_the_same_way(self):
        suffix, text = apt_sources.sources_for({"sources.list": LIST, "cloud.list": OTHERS}, "bookworm",
                                               "trixie")
        self.assertEqual(suffix, ".list")
        self.assertEqual(text.splitlines(), [
            "deb [signed-by=/k.gpg] http://mirror.example/debian trixie main contrib",
            "deb http://mirror.example/debian-security trixie-security main"])

    def test_a_host_of_another_name_is_refused(self):
        with self.assertRaisesRegex(apt_sources.NoSources, "do not name trixie"):
            apt_sources.sources_for({"debian.sources": DEB822}, "trixie", "sid")
        with self.assertRaisesRegex(apt_sources.NoSources, "must be Debian"):
            apt_sources.codename("ID=ubuntu\nVERSION_CODENAME=noble\n")
        self.assertEqual(apt_sources.codename("ID=debian\nVERSION_CODENAME=bookworm\n"), "bookworm")


class Answers(unittest.TestCase):
    def test_an_offer_is_a_version_and_a_package(self):
        self.assertEqual(debian_kernels.parse_offer("bookworm", META_OLD),
                         Offer("bookworm", "6.1", ("linux-image-6.1.0-41-cloud-amd64",)))
        self.assertEqual(debian_kernels.parse_offer("trixie-backports", META_NEW),
                         Offer("trixie-backports", "7.3", ("linux-image-7.3.1+deb13-cloud-amd64",)))
        self.assertIsNone(debian_kernels.parse_offer("sid", "Package: linux-image-cloud-amd64\n"))

    def test_older_packages_of_the_same_version_come_after_the_newest(self):
        older = META_OLD.replace("-41-", "-40-")
        oldest = META_OLD.replace("-41-", "-9-").replace("Version: 6.1.", "Version: 5.19.")
        self.assertEqual(debian_kernels.parse_offer("bookworm", "\n".join([META_OLD, older, oldest])).packages,
                         ("linux-image-6.1.0-41-cloud-amd64", "linux-image-6.1.0-40-cloud-amd64"))

    def test_a_package_that_a_mirror_has_lost_is_passed_over(self):
        with tempfile.TemporaryDirectory() as scratch:
            apt = object.__new__(debian_kernels.PrivateApt)
            apt.suite, apt.scratch = "bullseye", pathlib.Path(scratch)

            def run(tool, verb, package):
                if verb == "download" and package == "linux-image-5.10.0-46":
                    raise CannotFetch("bullseye: apt-get download: 404")
                if verb == "download":
                    (apt.scratch / f"{package}.deb").touch()
                return ""
            with mock.patch.object(apt, "run", run):
                offer = Offer("bullseye", "5.10", ("linux-image-5.10.0-46", "linux-image-5.10.0-45"))
                self.assertEqual(apt.download(offer).stem, "linux-image-5.10.0-45")
                for deb in apt.scratch.glob("*.deb"):
                    deb.unlink()
                with self.assertRaisesRegex(CannotFetch, "404"):
                    apt.download(Offer("bullseye", "5.10", offer.packages[:1]))

    def test_the_image_is_in_the_package_that_an_empty_one_depends_on(self):
        self.assertEqual(debian_kernels.image_package("linux-image-7.3.1+deb13-cloud-amd64", IMAGE_NEW),
                         "linux-binary-7.3.1+deb13-cloud-amd64")
        self.assertEqual(debian_kernels.image_package("linux-image-6.1.0-41-cloud-amd64",
                                                      "Depends: kmod, linux-base (>= 4.3~)\n"),
                         "linux-image-6.1.0-41-cloud-amd64")

    def test_the_image_is_below_boot_or_beside_its_modules(self):
        for path, image in (("./boot/vmlinuz-7.1.2+deb14-cloud-amd64", True),
                            ("./usr/lib/modules/7.3.1+deb13-cloud-amd64/vmlinuz", True),
                            ("./usr/lib/modules/7.3.1/kernel/vmlinuz", False),
                            ("./boot/config-7.1.2", False)):
            self.assertEqual(debian_kernels.is_image(path), image, path)

    def test_the_newest_is_the_highest_number_not_the_last_name(self):
        offers = [offered("sid", "7.10"), offered("forky", "7.9"), offered("trixie-backports", "7.2")]
        self.assertEqual(debian_kernels.newest_of(offers, ""), "7.10")
        self.assertEqual(debian_kernels.newest_of(offers[1:], "rt"), "7.9-rt")


class Archive:
    """Stands for apt. `suites`: what each has; a suite that is not named cannot be reached."""

    def __init__(self, suites: dict):
        self.suites = suites

    def __call__(self, suite, machine, scratch):
        apt = mock.Mock(suite=suite)
        apt.offer = lambda flavour: self.suites[suite]
        if suite not in self.suites:
            apt.update.side_effect = CannotFetch(f"{suite}: apt-get update: no route")
        return apt


def offered(suite: str, version: str) -> Offer:
    return Offer(suite, version, (f"linux-image-{version}.1-cloud-amd64",))


class Find(unittest.TestCase):
    def setUp(self):
        self.cache = tempfile.TemporaryDirectory()
        self.addCleanup(self.cache.cleanup)
        self.enterContext(mock.patch.dict(os.environ, XDG_CACHE_HOME=self.cache.name))

    def archive(self, **suites):
        named = {name.replace("_", "-"): version and offered(name.replace("_", "-"), version)
                 for name, version in suites.items()}
        self.enterContext(mock.patch.object(debian_kernels, "PrivateApt", Archive(named)))

    def test_each_new_suite_is_looked_at(self):
        self.archive(trixie_backports="7.3", forky="7.2", sid="7.4")
        for version, suite in (("7.3", "trixie-backports"), ("7.2", "forky"), ("7.4", "sid")):
            _, offer = debian_kernels.find(version, pathlib.Path(self.cache.name))
            self.assertEqual(offer.suite, suite)

    def test_next_months_kernel_is_the_newest(self):
        self.archive(trixie_backports="7.3", forky="7.2", sid="7.4")
        self.assertEqual(debian_kernels.newest(), "7.4")

    def test_a_suite_without_the_flavour_or_out_of_reach_is_passed_over(self):
        self.archive(trixie_backports="7.3", forky=None)
        self.assertEqual(debian_kernels.newest("rt"), "7.3-rt")

    def test_a_kernel_that_the_archive_has_dropped_is_gone_and_no_fault(self):
        self.archive(trixie_backports="7.4", forky="7.3", sid="7.4")
        with self.assertRaises(Gone) as caught:
            debian_kernels.fetch("7.2")
        self.assertEqual(str(caught.exception), "7.2: not in the archive any more: trixie-backports has "
                         "7.4, forky has 7.3, sid has 7.4")

    def test_one_that_may_be_where_nobody_could_look_is_not_gone(self):
        self.archive(trixie_backports="7.4", forky="7.3")
        with self.assertRaises(CannotFetch) as caught:
            debian_kernels.fetch("7.2")
        self.assertNotIsInstance(caught.exception, Gone)
        self.assertEqual(str(caught.exception), "7.2: sid: apt-get update: no route")

    def test_what_was_fetched_before_needs_no_archive(self):
        image = pathlib.Path(self.cache.name) / "loadline/kernels/7.2/vmlinuz"
        image.parent.mkdir(parents=True)
        image.write_bytes(b"MZ")
        self.archive()
        self.assertEqual(debian_kernels.fetch("7.2"), image)

    def test_a_name_that_is_none_and_an_error_of_the_system_are_one_line(self):
        for kernel, wrong in (("seven", None), ("7.2/..", None), ("7.2", OSError("no\nspace"))):
            with mock.patch.object(debian_kernels, "find", side_effect=wrong):
                with self.assertRaises(CannotFetch) as caught:
                    debian_kernels.fetch(kernel)
                self.assertRegex(str(caught.exception), rf"^{kernel}: [^\n]+$")

    def extract(self, *paths):
        tree = io.BytesIO()
        with tarfile.open(fileobj=tree, mode="w") as out:
            for path in paths:
                member = tarfile.TarInfo(path)
                member.size = 2
                out.addfile(member, io.BytesIO(b"MZ"))
        tree.seek(0)
        unpack = mock.MagicMock()
        unpack.__enter__.return_value.stdout = tree
        image = pathlib.Path(self.cache.name) / "vmlinuz"
        with mock.patch("subprocess.Popen", return_value=unpack):
            debian_kernels.extract_image(pathlib.Path("linux.deb"), image)
        return image.read_bytes()

    def test_an_image_is_taken_out_of_its_package(self):
        self.assertEqual(self.extract("./boot/config-7.1", "./boot/vmlinuz-7.1"), b"MZ")

    def test_a_package_without_an_image_is_one_line(self):
        with self.assertRaisesRegex(CannotFetch, "linux.deb holds no image of a kernel"):
            self.extract("./usr/share/doc/linux-image-7.3.1/copyright")


if __name__ == "__main__":
    unittest.main()
