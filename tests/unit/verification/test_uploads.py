"""What strangers send: taken when it is what it should be, written anew always, refused with a code otherwise."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests import papers
from verification import rewriting, uploads
from verification.uploads import Clean, NotAccepted, Refusal


def refusal(data: bytes) -> Refusal:
    with pytest.raises(NotAccepted) as caught:
        uploads.clean(data)
    return caught.value.code


def opened(clean: Clean) -> Image.Image:
    found = Image.open(io.BytesIO(clean.data))
    found.load()
    return found


# --- Pictures --------------------------------------------------------------------------------------------------------


def test_photo_comes_out_as_pixels_alone() -> None:
    sent = papers.photo()

    clean = uploads.clean(sent)

    before, after = Image.open(io.BytesIO(sent)), opened(clean)
    assert before.getexif().get_ifd(0x8825)[2] == papers.PLACE
    assert (clean.media_type, after.size) == (uploads.JPEG, (120, 80))
    assert not after.getexif()
    assert not {"comment", "xmp", "exif", "icc_profile"} & set(after.info)
    for word in (b"Kamerafabrik", b"Ada", b"script", b"Exif"):
        assert word in sent
        assert word not in clean.data


def test_photo_is_turned_as_it_was_seen_before_its_notes_go() -> None:
    after = opened(uploads.clean(papers.photo(turned=True)))

    assert after.size == (80, 120)
    dark = after.convert("L").crop((70, 10, 71, 11)).tobytes()[0]  # what was top left is top right
    assert dark < 9


def test_drawing_keeps_its_pixels_and_what_is_clear_in_it() -> None:
    drawn = papers.picture(mode="RGBA")
    drawn.putpixel((3, 4), (9, 8, 7, 100))
    sent = papers.encoded(drawn, "PNG") + papers.archive()

    clean = uploads.clean(sent)

    assert clean.media_type == uploads.PNG
    assert opened(clean).tobytes() == drawn.tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
def test_any_kind_of_colours_is_taken(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"

    clean = uploads.clean(papers.encoded(Image.new(mode, (20, 10)), form))

    assert opened(clean).mode in ("L", "RGB", "RGBA")


def test_scan_in_sixteen_bits_of_grey_can_still_be_read() -> None:
    scan = Image.frombytes("I;16", (256, 1), b"".join((value * 256).to_bytes(2, "little") for value in range(256)))

    clean = uploads.clean(papers.encoded(scan, "PNG"))

    assert list(opened(clean).convert("L").tobytes()) == list(range(256))


def test_webp_comes_out_as_jpeg_and_a_moving_one_stands_still() -> None:
    frames = [papers.picture(), papers.picture().rotate(180)]
    moving = papers.encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100)

    for sent in (papers.encoded(papers.picture(), "WEBP", xmp=b"Ada"), moving):
        clean = uploads.clean(sent)
        assert (clean.media_type, opened(clean).size) == (uploads.JPEG, (120, 80))
        assert b"Ada" not in clean.data


def test_picture_that_is_also_an_archive_and_a_script_is_only_a_picture_after() -> None:
    sent = papers.photo() + papers.SCRIPT + papers.archive()
    with zipfile.ZipFile(io.BytesIO(sent)) as archive:
        assert archive.read("run.html") == papers.SCRIPT

    clean = uploads.clean(sent)

    assert opened(clean).size == (120, 80)
    assert not zipfile.is_zipfile(io.BytesIO(clean.data))
    assert b"script" not in clean.data


def test_picture_that_is_also_a_pdf_file_is_only_a_picture_after() -> None:
    sent = papers.encoded(papers.picture((8, 8)), "JPEG") + papers.armed_pdf()
    assert len(pikepdf.open(io.BytesIO(sent)).pages) == 1

    clean = uploads.clean(sent)

    assert clean.media_type == uploads.JPEG
    assert b"%PDF" not in clean.data


def test_bomb_is_refused_by_its_header_before_a_pixel_is_unpacked() -> None:
    assert refusal(papers.png_header(50_000, 50_000)) == Refusal.TOO_MANY_PIXELS
    assert refusal(papers.png_header(8_000, 5_001)) == Refusal.TOO_MANY_PIXELS


def test_bomb_of_real_pixels_is_refused() -> None:
    sent = papers.encoded(Image.new("1", (20_000, 20_000)), "PNG")
    assert len(sent) < 100_000

    assert refusal(sent) == Refusal.TOO_MANY_PIXELS


def test_picture_of_just_as_many_pixels_as_are_taken_is_taken() -> None:
    assert uploads.clean(papers.encoded(Image.new("L", (8_000, 5_000)), "PNG")).media_type == uploads.PNG


# --- PDF files -------------------------------------------------------------------------------------------------------


def test_armed_pdf_file_comes_out_with_its_page_and_nothing_else() -> None:
    sent = papers.armed_pdf()
    for word in (b"JavaScript", b"Launch", b"EmbeddedFile", b"OpenAction", b"XFA", b"URI", b"kaboom"):
        assert word in sent

    clean = uploads.clean(sent)

    with pikepdf.open(io.BytesIO(clean.data)) as found:
        assert set(found.Root.keys()) == {"/Type", "/Pages"}
        assert set(found.trailer.keys()) <= {"/Root", "/Size", "/ID", "/W", "/Index", "/Type", "/Filter", "/Length"}
        assert set(found.pages[0].obj.keys()) <= {"/Type", "/Parent", "/MediaBox", "/Resources", "/Contents"}
        everything = b"".join(each.unparse(resolved=True) for each in found.objects) + papers.text_of(clean.data)
    assert b"(I, Ada, ask.)" in everything
    for word in (b"JavaScript", b"Launch", b"Embedded", b"OpenAction", b"XFA", b"URI", b"kaboom", b"Annot", b"/AA"):
        assert word not in everything, word
        assert word not in clean.data, word


def test_what_pages_share_in_the_tree_above_them_stays() -> None:
    shared = papers.pdf(pages=2)
    above = shared.Root.Pages
    for page in shared.pages:
        above.Resources, above.Rotate, above.CropBox = page.obj.Resources, 90, [10, 10, 500, 800]
        del page.obj["/Resources"]

    clean = uploads.clean(papers.bound(shared))

    with pikepdf.open(io.BytesIO(clean.data)) as found:
        for page in found.pages:
            assert page.obj.Resources.Font.F1.BaseFont == "/Helvetica"
            assert page.obj.Rotate == 90
            assert page.obj.CropBox == pikepdf.Array([10, 10, 500, 800])


def test_names_that_an_author_chose_stay_whatever_they_are() -> None:
    named = papers.pdf()
    fonts = named.pages[0].obj.Resources.Font
    for name in ("/Metadata", "/JS", "/A"):
        fonts[name] = fonts.F1
        named.pages[0].contents_add(b"BT %b 9 Tf (x) Tj ET" % name.encode())
    fonts.F1.Encoding = pikepdf.Dictionary(Differences=pikepdf.Array([65, pikepdf.Name.JavaScript]))

    clean = uploads.clean(papers.bound(named))

    with pikepdf.open(io.BytesIO(clean.data)) as found:
        kept = found.pages[0].obj.Resources.Font
        assert set(kept.keys()) == {"/F1", "/Metadata", "/JS", "/A"}
        assert kept.F1.Encoding.Differences[1] == "/JavaScript"


def test_what_was_typed_into_a_form_stays_to_be_seen() -> None:
    clean = uploads.clean(papers.filled_form())

    assert b"(Ada was here)" in papers.text_of(clean.data)
    with pikepdf.open(io.BytesIO(clean.data)) as found:
        assert "/AcroForm" not in found.Root
        assert "/Annots" not in found.pages[0].obj


def test_picture_inside_a_pdf_file_loses_what_a_camera_wrote_and_no_pixel() -> None:
    photo = papers.photo((640, 400))
    sent = papers.pdf_with(photo + papers.SCRIPT, Width=640, Height=400, Filter=pikepdf.Name.DCTDecode)

    clean = uploads.clean(sent)

    with pikepdf.open(io.BytesIO(clean.data)) as found:
        kept = found.pages[0].obj.Resources.XObject.I
        assert isinstance(kept, pikepdf.Stream)
        image = pikepdf.PdfImage(kept)
        assert image.as_pil_image().tobytes() == Image.open(io.BytesIO(photo)).tobytes()
    for word in (b"Kamerafabrik", b"Ada at home", b"xmpmeta", b"script"):
        assert word in sent
        assert word not in clean.data


@pytest.mark.parametrize("more", [{"progressive": True}, {"restart_marker_blocks": 2}, {"quality": 30}])
def test_pictures_inside_of_every_make_stay_whole(more: dict[str, int]) -> None:
    photo = papers.encoded(papers.picture((333, 222)), "JPEG", comment=b"Ada", **more)

    bare = rewriting._bare_jpeg(photo + b"\xff\xd9" + papers.archive())

    assert Image.open(io.BytesIO(bare)).tobytes() == Image.open(io.BytesIO(photo)).tobytes()
    assert b"Ada" not in bare
    assert b"run.html" not in bare


def test_jpeg_2000_inside_loses_its_notes() -> None:
    photo = papers.encoded(papers.picture((64, 64)), "JPEG2000")
    note = b"<place>Ada</place>"
    sent = papers.pdf_with(
        photo + (len(note) + 8).to_bytes(4) + b"xml " + note, Width=64, Height=64, Filter=pikepdf.Name.JPXDecode
    )

    clean = uploads.clean(sent)

    assert b"Ada</place>" in sent
    assert b"Ada</place>" not in clean.data
    with pikepdf.open(io.BytesIO(clean.data)) as found:
        kept = found.pages[0].obj.Resources.XObject.I.read_raw_bytes()
    assert Image.open(io.BytesIO(kept)).tobytes() == Image.open(io.BytesIO(photo)).tobytes()


def test_pdf_file_with_an_archive_behind_it_loses_that() -> None:
    clean = uploads.clean(papers.bound(papers.pdf()) + papers.archive())

    assert b"run.html" not in clean.data
    assert b"Ada" in papers.text_of(clean.data)


def test_gif_that_is_also_a_pdf_file_is_refused() -> None:
    sent = b"GIF89a\n" + papers.armed_pdf()
    assert len(pikepdf.open(io.BytesIO(sent)).pages) == 1

    assert refusal(sent) == Refusal.WRONG_KIND


def test_pages_are_counted() -> None:
    assert uploads.clean(papers.bound(papers.pdf(pages=30))).media_type == uploads.PDF
    assert refusal(papers.bound(papers.pdf(pages=31))) == Refusal.TOO_MANY_PAGES


@pytest.mark.parametrize("reading", ["secret", ""])
def test_locked_pdf_file_is_refused(reading: str) -> None:
    locked = papers.bound(papers.pdf(), encryption=pikepdf.Encryption(owner="owner", user=reading))

    assert refusal(locked) == Refusal.ENCRYPTED


def test_pdf_file_that_unpacks_without_end_is_refused() -> None:
    once, twice = papers.packed_thousandfold(1 << 29), papers.packed_thousandfold(1 << 29, twice=True)
    assert len(once) < 1_000_000
    assert len(twice) < 10_000

    assert refusal(once) == Refusal.TOO_COMPLEX
    assert refusal(twice) == Refusal.TOO_COMPLEX


def test_picture_inside_that_is_too_large_is_refused() -> None:
    sent = papers.pdf_with(papers.photo(), Width=50_000, Height=50_000, Filter=pikepdf.Name.DCTDecode)

    assert refusal(sent) == Refusal.TOO_MANY_PIXELS


# --- All kinds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Refusal.EMPTY),
        (b"Ada", Refusal.WRONG_KIND),
        (b"<!doctype html>" + papers.SCRIPT, Refusal.WRONG_KIND),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', Refusal.WRONG_KIND),
        (b'<?xml version="1.0"?><!DOCTYPE svg><svg/>', Refusal.WRONG_KIND),
        (papers.archive(), Refusal.WRONG_KIND),
        (papers.encoded(papers.picture(), "GIF"), Refusal.WRONG_KIND),
        (papers.encoded(papers.picture(), "TIFF"), Refusal.WRONG_KIND),
        (papers.heic(), Refusal.PHONE_PICTURE),
        (papers.encoded(papers.picture(), "AVIF"), Refusal.PHONE_PICTURE),
        (papers.photo()[:-300], Refusal.BROKEN),
        (papers.photo()[:12], Refusal.BROKEN),
        (papers.encoded(papers.picture(), "PNG")[:200], Refusal.BROKEN),
        (papers.encoded(papers.picture(), "WEBP")[:90], Refusal.BROKEN),
        (papers.bound(papers.pdf())[:400], Refusal.BROKEN),
        (b"%PDF-1.7\n", Refusal.BROKEN),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, Refusal.BROKEN),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_code(data: bytes, code: Refusal) -> None:
    assert refusal(data) == code


def test_too_large_is_refused_without_a_look() -> None:
    sent = papers.photo()

    assert uploads.clean(sent.ljust(uploads.MOST_BYTES, b"\0")).media_type == uploads.JPEG
    assert refusal(sent.ljust(uploads.MOST_BYTES + 1, b"\0")) == Refusal.TOO_LARGE


def test_caller_may_take_fewer_kinds() -> None:
    sent = papers.bound(papers.pdf())

    assert uploads.clean(sent, allowed={uploads.PDF}).media_type == uploads.PDF
    with pytest.raises(NotAccepted, match="wrong-kind"):
        uploads.clean(sent, allowed={uploads.JPEG, uploads.PNG})


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(
        [papers.photo((16, 16)), papers.bound(papers.pdf()), papers.encoded(papers.picture((9, 9)), "PNG")]
    ),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
)
def test_damage_anywhere_ends_in_a_document_or_a_code(sent: bytes, damage: list[tuple[float, int]]) -> None:
    broken = bytearray(sent)
    for place, value in damage:
        broken[int(place * (len(broken) - 1))] = value

    try:
        clean = uploads.clean(bytes(broken))
    except NotAccepted:
        return
    assert uploads.clean(clean.data).media_type == clean.media_type


# --- The process -----------------------------------------------------------------------------------------------------


def test_process_that_reads_the_file_can_write_no_other(tmp_path: Path) -> None:
    writing = f"import pathlib; pathlib.Path({str(tmp_path / 'x')!r}).write_text('Ada')"
    code = f"from verification.rewriting import _confine; _confine(); {writing}"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)

    assert "File too large" in done.stderr
    assert (tmp_path / "x").read_bytes() == b""


def test_process_that_reads_the_file_knows_none_of_our_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = tmp_path / "spy.py"
    spy.write_text("import os\nprint('image/png\\n' + ' '.join(sorted(os.environ)))")
    monkeypatch.setattr(rewriting, "__file__", str(spy))
    monkeypatch.setenv("FIELD_KEYS", "k1:secret")

    told = uploads.clean(b"anything").data.decode().split()

    assert set(told) <= {"LC_CTYPE", "LD_LIBRARY_PATH", "PWD"}


@pytest.mark.parametrize(
    "ending", ["import os; os.abort()", "raise SystemExit(3)", "import time; time.sleep(9)", "pass"]
)
def test_process_that_does_not_end_well_had_too_much_to_do(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.py").write_text(ending)
    monkeypatch.setattr(rewriting, "__file__", str(tmp_path / "bad.py"))
    monkeypatch.setattr(uploads, "_PATIENCE", 1)

    assert refusal(b"anything") == Refusal.TOO_COMPLEX


def test_every_code_that_the_process_says_is_a_refusal() -> None:
    source = Path(rewriting.__file__).read_text()

    told = {part.split('"')[1] for part in source.split("Refused(")[1:] if part.startswith('"')} | {"broken"}
    assert told < {str(code) for code in Refusal}
