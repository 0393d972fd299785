"""Pictures that stand for files without one: SVG, by what the name says of the file. They decide nothing."""

from pathlib import Path

ICON_TYPE = "image/svg+xml"

_TEMPLATE = Path(__file__).with_name("icon.svg").read_text(encoding="ascii")
# What it is called, what stands on it, its colour.
_LOOKS = {
    "pdf": ("PDF document", "PDF", "#c2352b"),
    "archive": ("Archive", "ZIP", "#8a5a00"),
    "cad": ("Drawing or board", "CAD", "#1f6f54"),
    "table": ("Table", "TAB", "#2f7d32"),
    "text": ("Text", "TXT", "#4a5568"),
    "code": ("Program or data", "CODE", "#5b3fa0"),
    "picture": ("Picture", "PIC", "#1d6fa5"),
    "file": ("File", "FILE", "#5f6368"),
}
ICONS = {
    icon: (_TEMPLATE % {"name": name, "label": label, "colour": colour}).encode()
    for icon, (name, label, colour) in _LOOKS.items()
}

# Gerber and drill files: RS-274X names by Protel, KiCad and Eagle; STEP, IGES, meshes; schematics and boards.
_EXTENSIONS = {
    "archive": "zip 7z rar tar gz tgz bz2 xz zst lzma",
    "cad": (
        "step stp iges igs stl 3mf obj dxf dwg f3d f3z fcstd scad sldprt sldasm ipt skp blend "
        "kicad_pcb kicad_sch kicad_pro kicad_mod kicad_sym kicad_wks kicad_prl sch brd lbr pcb pcbdoc schdoc "
        "schlib pcblib gbr gbrjob gbl gtl gbs gts gbo gto gbp gtp gko gm1 gml g1 g2 g3 g4 gpi dri drl xln txl nc cnc "
        "gcode asc asy cir net spice sp fzz fzpz"
    ),
    "table": "csv tsv xls xlsx xlsm ods",
    "text": "txt md rst log rtf doc docx odt tex",
    "code": (
        "c cc cpp cxx h hh hpp ino pde py js mjs ts jsx tsx rs go java kt lua rb pl php s asm v sv vhd vhdl "
        "sh bash bat cmd ps1 json yaml yml toml ini cfg conf xml html htm css sql svd ld lib mk cmake patch diff "
        "hex bin elf uf2 dfu s19 srec eep exe dll so apk deb rpm msi jed pof sof bit"
    ),
    "picture": "svg svgz tif tiff bmp ico psd ai eps xcf dng cr2 nef arw raw",
}
_BY_EXTENSION = {extension: icon for icon, some in _EXTENSIONS.items() for extension in some.split()}


def icon_of(filename: str) -> str:
    """The name of the icon for a file that is neither picture nor PDF, one of ICONS."""
    return _BY_EXTENSION.get(filename.rpartition(".")[2].lower(), "file")
