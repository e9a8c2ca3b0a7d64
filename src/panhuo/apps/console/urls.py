"""The console's addresses."""

from __future__ import annotations

from django.urls import path

from panhuo.apps.console.views import design, door, health, jobs, tape_describing, tape_matches, tape_pages, tape_rejects, tapes

urlpatterns = [
    path("sign-in", door.sign_in),
    path("sign-in/code", door.second_step),
    path("sign-out", door.sign_out),
    path("language", door.language),
    path("theme", door.theme),
    path("", door.home),
    path("design", design.design),
    path("design/drawer", design.drawer),
    path("design/progress", design.progress),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("tapes", tapes.tapes),
    path("tapes/new", tapes.new),
    path("tapes/<int:tape_id>", tapes.tape),
    path("tapes/<int:tape_id>/discard", tapes.discard),
    path("tapes/<int:tape_id>/preview", tape_describing.preview),
    path("tapes/<int:tape_id>/import", tape_describing.take_in),
    path("tapes/<int:tape_id>/progress", tape_pages.progress),
    path("tapes/<int:tape_id>/quality", tape_pages.quality),
    path("tapes/<int:tape_id>/rejects", tape_rejects.rejects),
    path("tapes/<int:tape_id>/rejects/download", tape_rejects.download),
    path("tapes/<int:tape_id>/rejects/again", tape_rejects.again),
    path("tapes/<int:tape_id>/rejects/<int:number>", tape_rejects.reject),
    path("tapes/<int:tape_id>/matches", tape_matches.matches),
    path("tapes/<int:tape_id>/matches/<int:match_id>", tape_matches.decide),
    path("tapes/<int:tape_id>/versions", tape_pages.versions),
    path("tapes/<int:tape_id>/compare", tape_pages.compare),
    path("tapes/<int:tape_id>/comparing", tape_pages.comparing),
    path("tapes/<int:tape_id>/files", tape_pages.files),
    path("jobs", jobs.jobs),
    path("jobs/<int:job_id>", jobs.job),
    path("jobs/<int:job_id>/progress", jobs.progress),
    path("jobs/<int:job_id>/cancel", jobs.cancel),
    path("jobs/<int:job_id>/repeat", jobs.repeat),
]
