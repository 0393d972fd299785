"""Labels for boxes, places and parts, as PDF, each with a QR code that leads to its page."""

from stock.labels.contents import Label, of_boxes, of_parts, of_places
from stock.labels.formats import FORMATS, LabelFormat
from stock.labels.pdf import render

__all__ = ["FORMATS", "Label", "LabelFormat", "of_boxes", "of_parts", "of_places", "render"]
