"""The pytest plugin and the drivers for every host an app can be tested on."""
