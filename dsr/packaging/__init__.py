"""What a person is handed: where it is kept, what it is made of, how it is built and proved.

Knows no models and no requests. `vault` keeps bytes sealed, `parcel` spools what one search of one system brought,
`builder` turns parcels into a package, `manifest` proves a package or a receipt afterwards.
"""
