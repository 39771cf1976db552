"""Train and register a version of the model: the same as `carprice train`, for those who look here.

python scripts/train_with_mlflow.py [--data listings.csv]
"""

import sys

from carprice.cli.turns import main

if __name__ == "__main__":
    sys.argv[1:1] = ["train"]
    main()
