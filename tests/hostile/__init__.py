"""Conditions that no host asks for: full disks, damaged files, clocks that jump, curious clients."""
