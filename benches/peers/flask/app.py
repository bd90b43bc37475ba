"""Flask as the documentation of its libraries has it: Flask-SQLAlchemy for the users,
Flask-JWT-Extended with automatic user loading for the API, Flask-Login for the pages.

The pages are the service's templates, which Jinja reads too.
Run by `gunicorn --chdir benches/peers/flask app:app`; DATABASE, SECRET and TEMPLATES come
from the environment.
"""

import os
from pathlib import Path

from flask import Flask, jsonify, redirect, render_template, request
from flask_jwt_extended import JWTManager, current_user as token_user, jwt_required
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from flask_sqlalchemy import SQLAlchemy
from jinja2 import FunctionLoader
from werkzeug.security import check_password_hash

TEMPLATES = Path(os.environ["TEMPLATES"])

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///" + os.environ["DATABASE"]
app.config["SECRET_KEY"] = os.environ["SECRET"]
app.config["JWT_SECRET_KEY"] = os.environ["SECRET"]
app.config["JWT_DECODE_AUDIENCE"] = "vestibule-api"
app.config["JWT_DECODE_ISSUER"] = "vestibule"
app.json.sort_keys = False
app.jinja_loader = FunctionLoader(lambda name: (TEMPLATES / f"{name}.html.tera").read_text())
app.jinja_env.autoescape = True
# The one test of Tera's that the templates use and Jinja has under no name.
app.jinja_env.tests["starting_with"] = str.startswith

db = SQLAlchemy(app)
jwt = JWTManager(app)
login_manager = LoginManager(app)


class User(UserMixin, db.Model):
    __tablename__ = "users"

    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.Text, unique=True, nullable=False)
    full_name = db.Column(db.Text)
    role = db.Column(db.Text, nullable=False)
    active = db.Column(db.Boolean, nullable=False)
    password_hash = db.Column(db.Text, nullable=False)
    created_at = db.Column(db.Text, nullable=False)

    @property
    def is_active(self):
        return self.active


@jwt.user_lookup_loader
def user_lookup(_header, data):
    return db.session.get(User, int(data["sub"]))


@login_manager.user_loader
def load_user(user_id):
    return db.session.get(User, int(user_id))


@app.get("/api/me")
@jwt_required()
def me():
    return jsonify(
        id=token_user.id,
        username=token_user.username,
        full_name=token_user.full_name,
        email=None,
        device_notices=True,
        language=None,
        role=token_user.role,
        created_at=token_user.created_at,
    )


@app.get("/dashboard")
@login_required
def dashboard():
    person = {
        "username": current_user.username,
        "full_name": current_user.full_name,
        "role": current_user.role,
    }
    since = "1 January 2026, 00:00 UTC"
    return render_template(
        "dashboard",
        title="Dashboard",
        user=person,
        mode="both",
        registration=True,
        path=request.path,
        base="http://127.0.0.1:8000",
        account={"id": current_user.id, "created_at": since, **person},
        sign_in={"created_at": since, "address": "127.0.0.1", "user_agent": "bench"},
        notice=None,
    )


@app.post("/login")
def login():
    user = User.query.filter_by(username=request.form["username"]).first()
    if user is None or not check_password_hash(user.password_hash, request.form["password"]):
        return "", 401
    login_user(user)
    return redirect("/dashboard")
