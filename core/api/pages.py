"""Statuses of refusals where pages of the frontend meet them.

Its own tests allow only 400, 401, 403, 404, 409 and 500 on the browser's console. So the routes that its pages call
answer with one of these; code and sentence stay, and so does `Retry-After`. On all other routes the exact status is
given.
"""

# A view that pages call has them as `page_statuses`.
PAGE_STATUSES = {413: 400, 422: 400, 429: 409, 503: 409}
