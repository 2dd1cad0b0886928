import glob
import json
import os
import shutil
import smtplib
import socket
import sqlite3
import subprocess
import tempfile
import urllib.request
from os import listdir, path
from pathlib import Path

import aiohttp
import azure.durable_functions as df
import httpx
import requests
from azure.storage.blob import BlobServiceClient

app = df.DFApp()
session = requests.Session()
SETTINGS = Path("settings.json")


@app.orchestration_trigger(context_name="context")
def reads_and_writes(context):
    with open("input.txt") as file:  # expect: DF003
        text = file.read()
    also = open("input.txt").read()  # expect: DF003
    settings = json.loads(SETTINGS.read_text())  # expect: DF003
    names = listdir(".")  # expect: DF003
    if path.exists("x") or os.path.isfile("y"):  # expect: DF003, DF003
        os.remove("x")  # expect: DF003
    if (Path("folder") / "file").exists():  # expect: DF003
        Path("folder").joinpath("file").unlink()  # expect: DF003
    for found in glob.glob("*.txt"):  # expect: DF003
        print(found)
    shutil.rmtree("folder")  # expect: DF003
    scratch = tempfile.mkdtemp()  # expect: DF003
    yield context.call_activity("store", [text, also, settings, names, scratch])


@app.orchestration_trigger(context_name="context")
def speaks(context):
    a = requests.get("https://example.com").text  # expect: DF003
    b = session.post("https://example.com").text  # expect: DF003
    c = httpx.get("https://example.com").text  # expect: DF003
    with httpx.Client() as client:
        d = client.get("https://example.com").text  # expect: DF003
    e = urllib.request.urlopen("https://example.com").read()  # expect: DF003
    f = socket.create_connection(("example.com", 80))  # expect: DF003
    g = subprocess.run(["ls"], check=True)  # expect: DF003
    connection = sqlite3.connect("orders.db")  # expect: DF003
    rows = connection.execute("select 1").fetchall()  # expect: DF003
    blobs = BlobServiceClient.from_connection_string("x")  # expect: DF003
    aiohttp.ClientSession()  # expect: DF003
    smtplib.SMTP("example.com")  # expect: DF003
    yield context.call_activity("store", [a, b, c, d, str(e), str(f), str(g), rows, str(blobs)])
