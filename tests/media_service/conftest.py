import sys, types
import pytest
from flask import Blueprint
import media_service

try:
    from media_service import system
except ImportError:
    m = types.ModuleType("media_service.system")
    m.blueprint = Blueprint("system", __name__)
    sys.modules["media_service.system"] = m
    media_service.system = m
for name in ("uploads", "assets"):
    mod = __import__("media_service." + name, fromlist=["x"])
    if not hasattr(mod, "blueprint"):
        mod.blueprint = Blueprint(name, __name__)
from storage.catalogue import database
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker


@pytest.fixture(scope="session")
def sessions():
    server = create_engine(
        "postgresql+psycopg://postgres@127.0.0.1:55432/postgres", isolation_level="AUTOCOMMIT"
    )
    with server.connect() as c:
        c.execute(text("DROP DATABASE IF EXISTS playback_helper WITH (FORCE)"))
        c.execute(text("CREATE DATABASE playback_helper"))
    url = "postgresql://postgres@127.0.0.1:55432/playback_helper"
    database.migrate(url)
    e = database.connect(url)
    yield sessionmaker(e, expire_on_commit=False)
    e.dispose()
