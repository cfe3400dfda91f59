"""Reports as one HTML file with pictures, in English and Chinese, that needs nothing else."""
