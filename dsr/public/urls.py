"""Addresses of the public pages. The paths are public interface."""

from django.urls import path

from dsr.public import ask, centre, downloads, sent, track, tracker, verify, worksheets

app_name = "public"

urlpatterns = [
    path("", centre.home, name="home"),
    path("help/", centre.helping, name="help"),
    path("accessibility/", centre.accessibility, name="accessibility"),
    path("requests/new/", ask.ask, name="new"),
    path("requests/new/sent/", sent.sent, name="sent"),
    path("requests/track/", track.track, name="track"),
    path("verify/", verify.link, name="verify"),
    path("verify/code/", verify.code, name="verify-code"),
    path("verify/again/", verify.again, name="verify-again"),
    path("verify/address/", verify.address, name="verify-address"),
    path("downloads/", downloads.code, name="download-code"),
    path("downloads/ready/", downloads.ready, name="download-ready"),
    path("downloads/file/", downloads.file, name="download-file"),
    path("worksheets/", worksheets.sheet, name="worksheet"),
    path("worksheets/files/", worksheets.add_file, name="worksheet-file"),
    path("worksheets/files/remove/", worksheets.remove_file, name="worksheet-remove"),
    path("requests/<str:reference>/", tracker.tracker, name="tracker"),
    path("requests/<str:reference>/reply/", tracker.reply, name="reply"),
    path("requests/<str:reference>/confirm/", tracker.confirm, name="confirm"),
    path("requests/<str:reference>/reopen/", tracker.reopen, name="reopen"),
    path("requests/<str:reference>/<uuid:request_id>/accept-fee/", tracker.accept_fee, name="accept-fee"),
    path("requests/<str:reference>/<uuid:request_id>/withdraw/", tracker.withdraw, name="withdraw"),
    path("requests/<str:reference>/<uuid:request_id>/download/", tracker.download, name="download"),
    path("requests/<str:reference>/<uuid:request_id>/statement/", tracker.statement, name="statement"),
    path("requests/<str:reference>/<uuid:request_id>/again/", tracker.issue_again, name="again"),
]
