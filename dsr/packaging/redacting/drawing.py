"""Reads a PDF file, or draws its pages as pictures with boxes burnt in. Runs in a process of its own.

What lies in systems was once sent by strangers, and is read here by large libraries in C. So this file is run as a
program (see ``documents``): a first line says what to do, the PDF file follows on its input, the answer is on its
output, and it can write no file and take no more than its share of memory and time. It imports nothing of ours.

    read                        texts of the pages, letter by letter, and what else the file says, as JSON
    draw [[[0, 3], ...], ...]   for each page the letters to cover, first and after the last: another PDF file
"""

import io
import json
import resource
import sys
import time
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageDraw

_RESOLUTION: Final = 150
_MOST_PAGES: Final = 200
_MOST_PIXELS: Final = 30_000_000
_MARGIN: Final = 3
"""Pixels around a letter that are covered, too."""
_UNDATED: Final = {"creationDate": time.gmtime(0), "modDate": time.gmtime(0)}
"""The same file gives the same bytes."""
_LARGE: Final = 60
"""Points, in width and in height, above which a picture on a page may show words."""
_MEMORY: Final = 3 * 1024**3
_SECONDS: Final = 120


def read(document: pypdfium2.PdfDocument) -> dict[str, object]:
    """Return the texts of a file; ``readable`` says whether they are all that it shows."""
    pages = list(document) if 0 < len(document) <= _MOST_PAGES else []
    texts = [_letters(page) for page in pages]
    readable = bool(pages) and all(_readable(page, text) for page, text in zip(pages, texts, strict=True))
    return {"readable": readable, "pages": texts, "beside": _beside(document)}


def draw(document: pypdfium2.PdfDocument, covered: list[list[list[int]]]) -> bytes:
    """Return the file as pictures of its pages, with the letters covered that were named."""
    drawn = [_drawn(page, spans) for page, spans in zip(document, covered, strict=True)]
    out = io.BytesIO()
    drawn[0].save(out, "PDF", save_all=True, append_images=drawn[1:], resolution=_RESOLUTION, quality=85, **_UNDATED)
    return out.getvalue()


def _letters(page: pypdfium2.PdfPage) -> str:
    textpage = page.get_textpage()
    return "".join(
        chr(pdfium.FPDFText_GetUnicode(textpage, index) or 32) for index in range(textpage.count_chars())
    ).translate({0xFFFE: "-"})


def _readable(page: pypdfium2.PdfPage, text: str) -> bool:
    """Whether a page says as text what it shows: no scan, no large picture, no letters that mean nothing."""
    width, height = page.get_size()
    if width * height * (_RESOLUTION / 72) ** 2 > _MOST_PIXELS:
        return False
    for each in page.get_objects(max_depth=8):
        if each.type in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING):
            left, bottom, right, top = each.get_bounds()
            if right - left > _LARGE and top - bottom > _LARGE:
                return False
    return bool(text.strip()) and "\ufffd" not in text


def _beside(document: pypdfium2.PdfDocument) -> list[str]:
    """What a file says beside its pages: about itself, and in what is attached."""
    found = [str(value) for value in document.get_metadata_dict().values()]
    for number in range(document.count_attachments()):
        attachment = document.get_attachment(number)
        found += [attachment.get_name(), bytes(attachment.get_data()).decode("utf-8", "replace")]
    return found


def _drawn(page: pypdfium2.PdfPage, spans: list[list[int]]) -> Image.Image:
    scale = _RESOLUTION / 72
    bitmap = page.render(scale=scale, may_draw_forms=False, draw_annots=False)
    picture: Image.Image = bitmap.to_pil().convert("RGB")
    pen, place, textpage = ImageDraw.Draw(picture), bitmap.get_posconv(page), page.get_textpage()
    for first, last in spans:
        for index in range(first, last):
            left, bottom, right, top = textpage.get_charbox(index, loose=True)
            xs, ys = zip(place.to_bitmap(left, top), place.to_bitmap(right, bottom), strict=True)
            box = (min(xs) - _MARGIN, min(ys) - _MARGIN, max(xs) + _MARGIN, max(ys) + _MARGIN)
            pen.rectangle(box, fill="black")
    return picture


def _limit() -> None:
    for kind, most in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_AS, _MEMORY),
    ):
        _soft, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))


def main() -> int:
    """Do what the first line says."""
    _limit()
    said, _, data = sys.stdin.buffer.read().partition(b"\n")
    verb, _, covered = said.partition(b" ")
    try:
        with pypdfium2.PdfDocument(data) as document:
            if verb == b"read":
                sys.stdout.buffer.write(json.dumps(read(document)).encode())
            else:
                sys.stdout.buffer.write(draw(document, json.loads(covered)))
    except pypdfium2.PdfiumError:
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
