"""Small PDF files, written by hand: a page with a line of text, what the file says about itself, what is attached."""


def pdf(text: str, *, title: str = "", attached: bytes = b"", picture: bool = False) -> bytes:
    """Return a PDF file of one page."""
    drawn = f"BT /F1 18 Tf 20 100 Td ({text}) Tj ET".encode("latin-1") if text else b""
    drawn += b" q 200 0 0 150 40 20 cm /Im1 Do Q" if picture else b""
    names = b" /Names << /EmbeddedFiles << /Names [(note.txt) 8 0 R] >> >>" if attached else b""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R" + names + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> /XObject << /Im1 9 0 R >> >> >>",
        _stream(b"", drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< /Title ({title}) >>".encode("latin-1"),
        _stream(b"/Type /EmbeddedFile", attached),
        b"<< /Type /Filespec /F (note.txt) /UF (note.txt) /EF << /F 7 0 R >> >>",
        _stream(
            b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8", b"\x80"
        ),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + each + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer << /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)


def _stream(more: bytes, data: bytes) -> bytes:
    return b"<< " + more + b" /Length %d >>\nstream\n" % len(data) + data + b"\nendstream"
