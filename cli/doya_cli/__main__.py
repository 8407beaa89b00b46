"""python -m doya_cli"""

from doya_cli.main import main

main(prog_name="doya")
