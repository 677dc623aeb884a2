"""PDF files written by hand: Helvetica, a line of text at every place."""

import pytest

PICTURE = "q 400 0 0 400 72 72 cm BI /W 1 /H 1 /CS /G /BPC 8 ID x EI Q"


def write_pdf(pages, *, title="", trailer=""):
    """`pages` are lists of (x, y, text), None for a scan; 612 by 792 points, 10 point letters."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, lines in enumerate(pages):
        resources = "/Resources << /Font << /F1 3 0 R >> >>"
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {resources} /Contents {5 + 2 * number} 0 R >>"
        stream = PICTURE if lines is None else "\n".join(f"BT /F1 10 Tf {x} {y} Td ({t}) Tj ET" for x, y, t in lines)
        objects += [page, f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream"]
    objects.append(f"<< /Title ({title}) >>")
    body, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size, info = len(objects) + 1, len(objects)
    end = f"trailer\n<< /Size {size} /Root 1 0 R /Info {info} 0 R {trailer} >>\nstartxref\n{len(body)}\n%%EOF"
    return f"{body}xref\n0 {size}\n0000000000 65535 f \n{table}{end}".encode("latin-1")


@pytest.fixture
def make_pdf():
    return write_pdf
