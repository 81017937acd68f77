from server.cli.entry import main

main()
