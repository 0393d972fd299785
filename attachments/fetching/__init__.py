"""Fetching what a link leads to, from URLs that strangers chose.

    previews   what the rest of the project calls: look at a URL, take what was found
    recent     what was found within the last minute
    fetch      from a URL to a document, or a page with its title and picture
    sites      sites that wrap documents in pages
    pictures   a page's picture
    pages      a page's title, pictures and frames; charsets, refreshes and walls beside it
    bodies     bytes into staging and through the inspection of uploads
    client     GET, redirect after redirect; cookies beside it
    connections, resolver, networks, urls, deadline
               where a connection may go, and for how long

Nothing here touches the database, so nothing is locked while a server takes its time.
"""
