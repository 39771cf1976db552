from carprice.cli import main

if __name__ == "__main__":
    main()
