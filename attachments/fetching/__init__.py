"""Fetching what a link leads to, from addresses that strangers chose.

    previews   what the rest of the project calls: look at an address, take what was found
    recent     what was found within the last minute
    links      from an address to a document, or a page with its title and picture
    sites      sites that wrap documents in pages
    pictures   a page's picture
    pages      a page's title, pictures and frames; charsets beside it
    bodies     bytes into staging and through the inspection of uploads
    client     GET, redirect after redirect
    connections, resolver, networks, addresses, deadline
               where a connection may go, and for how long

Nothing here touches the database, so nothing is locked while a server takes its time.
"""
