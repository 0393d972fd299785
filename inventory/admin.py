"""The admin's name."""

from django.contrib import admin

admin.site.site_header = admin.site.site_title = "Inventory"
admin.site.index_title = "Parts, kits and their documents"
