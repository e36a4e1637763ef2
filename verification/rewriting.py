"""Writes a picture or a PDF file anew, so that only what can be seen of it stays. Runs in a process of its own.

What strangers hand in is read by large libraries in C, so this file is run as a program (see verification.uploads): it
takes bytes on its input, gives bytes on its output, and its limits are kept by the operating system: no file can be
written, not even a core dump, and neither memory nor time runs away. It imports nothing of ours.
"""

import io
import resource
import struct
import sys
import warnings
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pikepdf import Object, Pdf
    from PIL.Image import Image

MOST_PIXELS: Final = 40_000_000
MOST_PAGES: Final = 30
PICTURES: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
PDF: Final = "application/pdf"
_PHONE_PICTURES: Final = frozenset({"image/heif", "image/heic", "image/avif"})
_HEAD: Final = 4096
_QUALITY: Final = 92
_MEMORY: Final = 2 * 1024**3
_SECONDS: Final = 20
_MOST_UNPACKED: Final = 400_000_000
"""Bytes that all packed parts of one PDF file may come to."""
_MOST_IN_ONE: Final = 4 * MOST_PIXELS
_MOST_OBJECTS: Final = 20_000
_OF_A_PAGE: Final = frozenset(
    {"/Type", "/Parent", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Resources", "/Contents", "/Group"}
)
"""What makes a page look as it does. Actions, notes, links, thumbnails and private data of programs are none of it."""
_RESOURCES: Final = frozenset({"/Font", "/XObject", "/ColorSpace", "/Pattern", "/Shading", "/ExtGState", "/ProcSet"})
_FREELY_NAMED: Final = frozenset({"/CharProcs", "/Colorants", "/Solidities", "/DotGain"})
"""Within what is drawn: tables whose keys are names of their author's choosing."""
_BY_TOPIC: Final = {
    "streams": "Type Subtype Name Length Filter DecodeParms Predictor Colors Columns EarlyChange K EndOfLine Rows "
    "EncodedByteAlign EndOfBlock BlackIs1 DamagedRowsBeforeError JBIG2Globals ColorTransform",
    "forms and pictures": "FormType BBox Matrix Resources Group S CS I G BC Width Height ColorSpace BitsPerComponent "
    "ImageMask Mask Decode Interpolate SMask SMaskInData Intent Matte",
    "fonts": "BaseFont FirstChar LastChar Widths FontDescriptor Encoding ToUnicode CharProcs FontMatrix FontBBox W W2 "
    "DescendantFonts CIDSystemInfo DW DW2 CIDToGIDMap Registry Ordering Supplement BaseEncoding Differences FontName "
    "FontFamily FontStretch FontWeight Flags ItalicAngle Ascent Descent Leading CapHeight XHeight StemV StemH AvgWidth "
    "MaxWidth MissingWidth FontFile FontFile2 FontFile3 CharSet Style Panose Lang FD CIDSet Length1 Length2 Length3 "
    "CMapName WMode UseCMap",
    "colours and functions": "N Alternate Range WhitePoint BlackPoint Gamma Colorants Process MixingHints Components "
    "Solidities DotGain PrintingOrder FunctionType Domain Size BitsPerSample Order Encode C0 C1 Functions Bounds",
    "patterns and shadings": "PatternType PaintType TilingType XStep YStep Shading ExtGState ShadingType Background "
    "AntiAlias Coords Function Extend BitsPerCoordinate BitsPerFlag VerticesPerRow",
    "states": "LW LC LJ ML D RI OP op OPM Font BG BG2 UCR UCR2 TR TR2 HT FL SM SA BM CA ca AIS TK HalftoneType "
    "HalftoneName Frequency Angle SpotFunction AccurateScreens TransferFunction Xsquare Ysquare",
}
_DRAWS: Final = frozenset(f"/{name}" for names in _BY_TOPIC.values() for name in names.split())
"""Every key by which something is drawn (ISO 32000-1, clauses 7.4, 8 and 9)."""
_PIECE: Final = 1 << 16
_SPACES: Final = frozenset({b"\r", b"\n", b" ", b"\t"})
_PACKED: Final = frozenset(bytes((window << 4 | 8,)) for window in range(8))
"""First bytes of what is packed by zlib (RFC 1950, section 2.2)."""
_PLAIN_JP2: Final = frozenset({b"jP  ", b"ftyp", b"jp2h", b"jp2c"})


class Refused(Exception):
    """It is not taken; ``args[0]`` is one of the codes of verification.uploads.Refusal."""


def rewrite(data: bytes) -> tuple[str, bytes]:
    """Return the media type and the bytes of a document written anew: JPEG, PNG or PDF. Raises Refused."""
    media_type = sniff(data)
    if media_type == PDF:
        return PDF, _pdf(data)
    return _picture(data, PICTURES[media_type])


def sniff(data: bytes) -> str:
    """Return what kind of file this is by its first bytes. A name or a label is never asked. Raises Refused."""
    import puremagic

    if not data:
        raise Refused("empty")
    try:
        found = puremagic.magic_string(data[:_HEAD])
    except (puremagic.PureError, ValueError):
        raise Refused("wrong-kind") from None
    best = max(each.confidence for each in found)
    kinds = {each.mime_type for each in found if each.confidence == best}
    if kinds & _PHONE_PICTURES:
        raise Refused("phone-picture")
    for kind in (*PICTURES, PDF):
        if kind in kinds:
            return kind
    raise Refused("wrong-kind")


# --- Pictures --------------------------------------------------------------------------------------------------------


def _picture(data: bytes, form: str) -> tuple[str, bytes]:
    from PIL import Image, ImageOps

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(io.BytesIO(data), formats=[form]) as opened:
            # The header alone has been read so far: what would be too large is never unpacked.
            if opened.width * opened.height > MOST_PIXELS:
                raise Refused("too-many-pixels")
            opened.load()
            ImageOps.exif_transpose(opened, in_place=True)
            fresh = _drawn_anew(opened, lossless=form == "PNG")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("too-many-pixels") from None
    out = io.BytesIO()
    if form == "PNG":
        fresh.save(out, "PNG")
        return "image/png", out.getvalue()
    fresh.save(out, "JPEG", quality=_QUALITY)
    return "image/jpeg", out.getvalue()


def _drawn_anew(picture: "Image", *, lossless: bool) -> "Image":
    """Copy the pixels and nothing else: profiles, comments, places and thumbnails hang on the old picture."""
    from PIL import Image

    clear = lossless and ("A" in picture.getbands() or "transparency" in picture.info)
    if picture.mode.startswith("I"):
        picture = picture.point(lambda value: value / 256)  # sixteen bits of grey, of which eight are enough to read
    grey = picture.mode.startswith(("1", "L", "I")) and not clear
    mode = "RGBA" if clear else "L" if grey else "RGB"
    fresh = Image.new(mode, picture.size)
    fresh.paste(picture if picture.mode == mode else picture.convert(mode))
    return fresh


# --- PDF files -------------------------------------------------------------------------------------------------------


def _pdf(data: bytes) -> bytes:
    import pikepdf

    _check_unpacked(data)
    pikepdf.settings.set_qpdf_limits(
        parser_max_nesting=100,
        max_stream_filters=3,
        flate_max_memory=_MOST_IN_ONE,
        png_max_memory=_MOST_IN_ONE,
        tiff_max_memory=_MOST_IN_ONE,
        run_length_max_memory=_MOST_IN_ONE,
        dct_max_memory=_MOST_IN_ONE,
    )
    try:
        # Small faults are mended. A file that lacks its end was cut short, and what is left might mislead.
        with pikepdf.open(io.BytesIO(data), attempt_recovery=b"startxref" in data) as source:
            if source.is_encrypted:
                raise Refused("encrypted")
            _check_pages(source)
            source.generate_appearance_streams()
            # What was typed or signed into a form is drawn onto the page before the form goes.
            source.flatten_annotations("screen")
            return _bound_anew(source)
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None


def _check_pages(source: "Pdf") -> None:
    pages = len(source.pages)
    if not pages:
        raise Refused("broken")
    if pages > MOST_PAGES:
        raise Refused("too-many-pages")


def _bound_anew(source: "Pdf") -> bytes:
    """Copy what is drawn of each page into a new file, which so has no actions, forms, names, files or outlines."""
    import pikepdf

    for page in source.pages:
        _keep_only(page.obj, _OF_A_PAGE)
    with pikepdf.Pdf.new() as target:
        target.pages.extend(source.pages)
        for page in target.pages:
            _keep_only(page.obj, _OF_A_PAGE)
        _scrub(target)
        target.remove_unreferenced_resources()
        out = io.BytesIO()
        target.save(
            out,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
            recompress_flate=True,
            fix_metadata_version=False,
        )
        return out.getvalue()


def _keep_only(found: "Object", names: frozenset[str]) -> None:
    for name in set(found.keys()) - names:
        del found[name]


def _scrub(target: "Pdf") -> None:
    """Go through everything that a page draws with, and keep of each thing only that by which it is drawn."""
    import pikepdf

    containers = (pikepdf.Array, pikepdf.Dictionary, pikepdf.Stream)
    seen: set[tuple[tuple[int, int], str]] = set()
    waiting: list[tuple[Object, str]] = [(page.obj, "page") for page in target.pages]
    count = 0
    while waiting:
        found, kind = waiting.pop()
        count += 1
        if count > _MOST_OBJECTS:
            raise Refused("too-complex")
        if found.is_indirect:
            if (found.objgen, kind) in seen:
                continue
            seen.add((found.objgen, kind))
        if isinstance(found, pikepdf.Stream):
            _scrub_stream(found)
        waiting += [(part, its) for part, its in _parts(found, kind) if isinstance(part, containers)]


def _parts(found: "Object", kind: str) -> Iterator[tuple["Object", str]]:
    """Yield what hangs on an object, each with its kind: page, resources, names, or thing. The rest is taken off."""
    import pikepdf

    if isinstance(found, pikepdf.Array):
        yield from ((part, "thing") for part in found)
        return
    if kind != "names":
        _keep_only(found, {"page": _OF_A_PAGE, "resources": _RESOURCES}.get(kind, _DRAWS))
    for name, part in found.items():
        if kind == "names":
            yield part, "thing"
        elif kind == "resources" or name in _FREELY_NAMED:
            yield part, "names"
        elif not (kind == "page" and name == "/Parent"):
            yield part, "resources" if name == "/Resources" else "thing"


def _scrub_stream(stream: "Object") -> None:
    """Empty what belongs to printers, and take out of pictures what cameras write."""
    if stream.get("/Subtype") == "/PS":
        stream.write(b"")
    if stream.get("/Subtype") == "/Image":
        _scrub_image(stream)


def _scrub_image(image: "Object") -> None:
    """Take out of a picture inside a page what a camera writes beside the pixels."""
    import pikepdf

    if int(image.get("/Width", 0)) * int(image.get("/Height", 0)) > MOST_PIXELS:
        raise Refused("too-many-pixels")
    filters = image.get("/Filter", pikepdf.Array())
    names = [str(each) for each in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
    if not names or names[-1] not in ("/DCTDecode", "/JPXDecode"):
        return
    bare = _bare_jpeg if names[-1] == "/DCTDecode" else _bare_jp2
    # Other filters before that one are undone here, so that the picture itself is reached.
    packed = image.read_raw_bytes() if len(names) == 1 else image.read_bytes(pikepdf.StreamDecodeLevel.generalized)
    image.write(bare(packed), filter=pikepdf.Name(names[-1]))


def _bare_jpeg(data: bytes) -> bytes:
    """Return a JPEG stream (ITU T.81, annex B) without comments and application parts, and nothing after its end.

    The parts of JFIF and Adobe stay: they say how the colours are meant.
    """
    parts, at = [data[:2]], 2
    while data[at : at + 1] == b"\xff":
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        end = at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        if marker == 0xDA:
            stop = data.rfind(b"\xff\xd9", at) if b"\xff\xd9" in data[at:] else len(data)
            return b"".join([*parts, data[at : _end_of_scans(data, end, stop)], b"\xff\xd9"])
        if marker in (0xE0, 0xEE) or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            parts.append(data[at:end])
        at = end
    raise Refused("broken")


def _end_of_scans(data: bytes, at: int, stop: int) -> int:
    """Return where the picture ends: at the first end mark that follows coded data."""
    while (at := data.find(b"\xff", at)) >= 0 and at < stop:
        marker = data[at + 1]
        if marker == 0xD9:
            return at
        # Within coded data: a stuffed byte, a restart mark or filling. Between scans: parts with a length.
        plain = marker in (0x00, 0xFF) or 0xD0 <= marker <= 0xD7
        at += 1 if marker == 0xFF else 2 if plain else 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return stop


def _bare_jp2(data: bytes) -> bytes:
    """Return a JPEG 2000 file (ISO/IEC 15444-1, annex I) with its picture and header boxes alone."""
    if data[:4] == b"\xff\x4f\xff\x51":
        return data
    parts, at = [], 0
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        if size == 1:
            size = struct.unpack(">Q", data[at + 8 : at + 16])[0]
        end = at + size if size else len(data)
        if end < at + 8:
            break
        if kind in _PLAIN_JP2:
            parts.append(data[at:end])
        at = end
    return b"".join(parts)


def _check_unpacked(data: bytes) -> None:
    """Refuse a file whose packed parts come to more than can be meant, before a library unpacks any.

    Every place where packed bytes can begin is tried, so that no table in the file has to be believed.
    """
    left, at = _MOST_UNPACKED, 0
    while (at := data.find(b"stream", at)) >= 0:
        at += len(b"stream")
        while data[at : at + 1] in _SPACES:
            at += 1
        left -= _unpacked(data, at, left)
        if left < 0:
            raise Refused("too-complex")


def _unpacked(data: bytes, at: int, most: int) -> int:
    """Return what packed bytes come to, counted until it is more than ``most``; packed twice counts as too much."""
    if data[at : at + 1] not in _PACKED:
        return 0
    unpacker, total = zlib.decompressobj(), 0
    try:
        while total <= most and not unpacker.eof and at < len(data):
            waiting, at = data[at : at + _PIECE], at + _PIECE
            while waiting and total <= most:
                chunk = unpacker.decompress(waiting, _PIECE)
                if not total and _is_packed(chunk):
                    return most + 1
                total, waiting = total + len(chunk), unpacker.unconsumed_tail
    except zlib.error:
        pass  # these bytes were no packed part, or are broken: a library gets no further with them than we did
    return total


def _is_packed(chunk: bytes) -> bool:
    try:
        return len(zlib.decompressobj().decompress(chunk, _PIECE)) == _PIECE
    except zlib.error:
        return False


# --- As a program ----------------------------------------------------------------------------------------------------


def _confine() -> None:
    """Have the operating system keep the limits. Only lowers what is allowed already."""
    for kind, most in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_AS, _MEMORY),
    ):
        _soft, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def main() -> int:
    """Read a document, write ``<media type> <newline> <bytes>`` or ``! <code>``. Never says what it saw."""
    _confine()
    data = sys.stdin.buffer.read()
    try:
        media_type, rewritten = rewrite(data)
    except Refused as refused:
        sys.stdout.buffer.write(b"! " + str(refused).encode())
        return 0
    except (MemoryError, RecursionError):
        sys.stdout.buffer.write(b"! too-complex")
        return 0
    except Exception:  # noqa: BLE001 - whatever a broken file makes a library do, the file is broken
        sys.stdout.buffer.write(b"! broken")
        return 0
    sys.stdout.buffer.write(media_type.encode() + b"\n" + rewritten)
    return 0


if __name__ == "__main__":
    sys.exit(main())
