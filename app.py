"""The Flask application: wiring only. `flask --app app run` or `gunicorn 'app:create_app()'`."""

from flask import Flask

from config import Config
from procurement import process, web
from procurement.clock import Clock, system_clock
from procurement.db import make_engine


def create_app(config: Config | None = None, *, clock: Clock = system_clock) -> Flask:
    """The application for `config` (default: from the environment). `clock` gives aware UTC instants."""
    config = config or Config.from_environment()
    config.check()
    config.data_dir.mkdir(parents=True, exist_ok=True)
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    engine = make_engine(config.database)
    web.init(app, web.Edge(config=config, clock=clock, engine=engine, load_actor=process.load_actor))
    process.register(app)
    return app
