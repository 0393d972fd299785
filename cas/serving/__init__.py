"""Contents over HTTP.

views      the signed URL of a content: check it, then answer
query      what the URL asks for
nginx      what is left to nginx to send
responses  a file, a part of it, or a thumbnail
headers    the one policy for everything that serves bytes
ranges     single byte ranges
"""
