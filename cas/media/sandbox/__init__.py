"""What opens strangers' pictures and documents. It runs in a process of its own, under limits.

    zygote     a process that has imported everything and forks one child per job
    job        one child: its limits, its answer
    judge      whether a picture's pixels are all there: one function for uploads and thumbnails
    jpeg, png, webp, avif    the pixels of a file without what stands beside them; orientation and colour profile
    exif       the orientation, as browsers read it
    colours, profiles        any picture in sRGB on white
    thumbnails, documents, conversion    what is made of pictures and PDFs

Nothing here imports Django, settings or another package of the project: the zygote would carry it.
"""
