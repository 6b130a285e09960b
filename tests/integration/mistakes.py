"""What people upload by mistake: files that are no video at all, and a better answer than "not a video"."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

_SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\n山高月小\r\n"


def _zip(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in names:
            archive.writestr(
                name, "application/vnd.oasis.opendocument.text" if name == "mimetype" else "x" * 100
            )
    return buffer.getvalue()


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("lesson.mp4"))
    return buffer.getvalue()


def mistakes(canary: str) -> dict[str, tuple[str, bytes]]:
    """Failure code and content by file name. ``canary`` is an address that nobody may ask for."""
    asx = f'<ASX VERSION="3.0"><ENTRY><REF HREF="{canary}/x.wmv"/></ENTRY></ASX>'
    plist = f'<?xml version="1.0"?><plist><dict><key>URL</key><string>{canary}</string></dict></plist>'
    return {
        "handout.pdf": ("source_is_document", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n" * 20),
        "old_slides.ppt": ("source_is_document", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)),
        "letter.docx": (
            "source_is_document",
            _zip("[Content_Types].xml", "_rels/.rels", "word/document.xml"),
        ),
        "slides.pptx": ("source_is_document", _zip("ppt/presentation.xml", "[Content_Types].xml")),
        "letter.odt": ("source_is_document", _zip("mimetype", "content.xml")),
        "letter.rtf": ("source_is_document", rb"{\rtf1\ansi hello}"),
        "page.html": ("source_is_document", b"<!DOCTYPE html><html><script>alert(1)</script></html>"),
        "lessons.zip": ("source_is_archive", _zip("lesson.mp4")),
        "lessons.rar": ("source_is_archive", b"Rar!\x1a\x07\x01\0" + bytes(200)),
        "lessons.7z": ("source_is_archive", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(200)),
        "lessons.gz": ("source_is_archive", gzip.compress(b"x" * 1000)),
        "lessons.tar": ("source_is_archive", _tar()),
        "drawing.svg": ("source_is_image", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        "photo.heic": ("source_is_image", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)),
        "course.exe": (
            "source_is_program",
            b"MZ\x90\0" + bytes(74) + b"This program cannot be run in DOS mode",
        ),
        "captions.srt": ("source_is_captions", _SRT.encode()),
        "captions_gbk.srt": ("source_is_captions", _SRT.encode("gb18030")),
        "captions_utf16.srt": ("source_is_captions", _SRT.encode("utf-16")),
        "captions.vtt": ("source_is_captions", b"WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n"),
        "captions.ass": ("source_is_captions", b"\xef\xbb\xbf[Script Info]\nTitle: x\n"),
        "song.lrc": ("source_is_captions", "[ti:春晓]\n[00:01.00]春眠不觉晓\n".encode()),
        "old.ram": ("source_is_reference", f"{canary}/lesson.rm\n".encode()),
        "old.asx": ("source_is_reference", asx.encode()),
        "old_utf16.asx": ("source_is_reference", asx.encode("utf-16")),
        "stream.asf": ("source_is_reference", f"[Reference]\r\nRef1={canary}/x\r\n".encode()),
        "link.url": ("source_is_reference", f"[InternetShortcut]\r\nURL={canary}/\r\n".encode()),
        "link.webloc": ("source_is_reference", plist.encode()),
        "link.lnk": ("source_is_reference", b"L\0\0\0\x01\x14\x02\0" + bytes(300)),
        "link.txt": ("source_is_reference", b"magnet:?xt=urn:btih:0000\n"),
    }
