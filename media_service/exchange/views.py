"""All addresses of the exchange with other platforms."""

from flask import Blueprint

from media_service.exchange import (
    changes,
    contacts,
    feed,
    following,
    harvests,
    links,
    oai,
    offering,
    offers,
    reporting,
    serving,
    totals,
)

blueprint = Blueprint("exchange", __name__)
blueprint.register_blueprint(changes.blueprint)
blueprint.register_blueprint(oai.blueprint)
blueprint.register_blueprint(links.blueprint)
blueprint.register_blueprint(contacts.blueprint)
blueprint.register_blueprint(feed.blueprint)
blueprint.register_blueprint(following.blueprint)
blueprint.register_blueprint(harvests.blueprint)
blueprint.register_blueprint(serving.blueprint)
blueprint.register_blueprint(totals.blueprint)
blueprint.register_blueprint(reporting.blueprint)
blueprint.register_blueprint(offering.blueprint)
blueprint.register_blueprint(offers.blueprint)

__all__ = ["blueprint"]
