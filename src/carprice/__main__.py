from carprice.cli.turns import main

if __name__ == "__main__":
    main()
